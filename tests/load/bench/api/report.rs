//! What was measured, held against the goals.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::seed::{LONG, MESSAGES, Seeded};
use crate::figures::Spread;
use crate::results::{Verdict, spread, thousandth};

/// Of the pages of the inbox.
const INBOX_MS: f64 = 50.0;
/// Of search and tag filters.
const SEARCH_MS: f64 = 150.0;
/// Of a deep page to the first, and of the oldest messages to the newest.
const RATIO: f64 = 2.0;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Case {
    FirstPage,
    DeepPage,
    OpenPage,
    NewestMessages,
    OldestMessages,
    SearchOne,
    SearchName,
    SearchPhone,
    SearchNothing,
    TagOfMany,
    TagOfFew,
    Tags,
    TagAndSearch,
}

impl Case {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::FirstPage => "first_page",
            Self::DeepPage => "deep_page",
            Self::OpenPage => "open_page",
            Self::NewestMessages => "newest_messages",
            Self::OldestMessages => "oldest_messages",
            Self::SearchOne => "search_one",
            Self::SearchName => "search_name",
            Self::SearchPhone => "search_phone",
            Self::SearchNothing => "search_nothing",
            Self::TagOfMany => "tag_of_many",
            Self::TagOfFew => "tag_of_few",
            Self::Tags => "tags",
            Self::TagAndSearch => "tag_and_search",
        }
    }

    const fn goal(self) -> Option<f64> {
        match self {
            Self::FirstPage | Self::DeepPage | Self::OpenPage => Some(INBOX_MS),
            Self::NewestMessages | Self::OldestMessages => None,
            _ => Some(SEARCH_MS),
        }
    }
}

/// The p99 and the p50 of each turn, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Measured {
    p99: BTreeMap<Case, Vec<f64>>,
    p50: BTreeMap<Case, Vec<f64>>,
}

impl Measured {
    pub(super) fn note(&mut self, case: Case, p99: f64, p50: f64) {
        self.p99.entry(case).or_default().push(p99);
        self.p50.entry(case).or_default().push(p50);
    }

    /// Of the turns that lay side by side, the ratio of one's p99 to the other's.
    fn ratio(&self, one: Case, other: Case) -> f64 {
        let none = Vec::new();
        let of = |case: Case| self.p99.get(&case).unwrap_or(&none);
        let ratios: Vec<f64> = of(one).iter().zip(of(other)).map(|(one, other)| one / other).collect();
        Spread::of(&ratios).median
    }
}

#[expect(clippy::print_stdout, reason = "printing is its job")]
pub(super) fn report(measured: &Measured, seeded: &Seeded, resident: u64) -> Verdict {
    let (mut ok, mut p99, mut p50) = (true, Map::new(), Map::new());
    for (case, values) in &measured.p99 {
        let median = Spread::of(values).median;
        let is_met = case.goal().is_none_or(|goal| median < goal);
        ok &= is_met;
        if !is_met {
            println!("   MISSED: {} takes {median:.1} ms, goal {:?} ms", case.name(), case.goal().unwrap_or_default());
        }
        p99.insert(case.name().to_owned(), spread(values));
        p50.insert(case.name().to_owned(), spread(measured.p50.get(case).unwrap_or(values)));
    }
    let (deep, old) =
        (measured.ratio(Case::DeepPage, Case::FirstPage), measured.ratio(Case::OldestMessages, Case::NewestMessages));
    for (name, ratio) in [("the deep page to the first", deep), ("the oldest messages to the newest", old)] {
        println!("   {name}: {ratio:.2}");
        ok &= ratio < RATIO;
    }
    let figures: Value = json!({
        "deep_to_first": thousandth(deep),
        "oldest_to_newest": thousandth(old),
        "p99_ms": p99,
        "p50_ms": p50,
        "contacts": seeded.rows,
        "conversations": seeded.rows,
        "messages": seeded.rows * MESSAGES + LONG,
        "resident_mib": resident / (1024 * 1024),
    });
    Verdict { ok, figures }
}
