//! The form of the platforms' error tables.

use std::ops::RangeInclusive;

use super::contract::{Remedy, Scope};

/// How often a message is tried again where the platform only said "later" and the table names no number.
pub const BACK_OFF_TRIES: u32 = 5;

/// What one error code, or a run of them, means.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The codes; both ends included.
    pub codes: RangeInclusive<i64>,
    /// The finer code, where only that one is meant.
    pub subcode: Option<i64>,
    /// What the platform means by it.
    pub meaning: &'static str,
    /// What it asks for.
    pub remedy: Remedy,
}

impl Rule {
    pub(super) const fn one(code: i64, meaning: &'static str, remedy: Remedy) -> Self {
        Self::run(code, code, meaning, remedy)
    }

    pub(super) const fn run(first: i64, last: i64, meaning: &'static str, remedy: Remedy) -> Self {
        Self { codes: first..=last, subcode: None, meaning, remedy }
    }

    pub(super) const fn sub(code: i64, subcode: i64, meaning: &'static str, remedy: Remedy) -> Self {
        Self { codes: code..=code, subcode: Some(subcode), meaning, remedy }
    }
}

/// The rule for `code`: the one for its subcode before the one for the code alone.
pub(super) fn find(table: &[Rule], code: i64, subcode: Option<i64>) -> Option<&Rule> {
    let of_code = |rule: &&Rule| rule.codes.contains(&code);
    table
        .iter()
        .filter(of_code)
        .find(|rule| rule.subcode.is_some() && rule.subcode == subcode)
        .or_else(|| table.iter().filter(of_code).find(|rule| rule.subcode.is_none()))
}

/// The remedy for a code that no table lists: a fault of the platform's own passes, anything else
/// stays as it is.
pub(super) fn of_unlisted(passes: bool) -> Remedy {
    if passes { back_off(Scope::Recipient, 5) } else { Remedy::Never }
}

pub(super) const fn back_off(scope: Scope, seconds: u32) -> Remedy {
    Remedy::BackOff { scope, seconds }
}

pub(super) const fn pause(scope: Scope) -> Remedy {
    Remedy::Pause { scope }
}

pub(super) const fn retry(times: u32) -> Remedy {
    Remedy::Retry { times }
}
