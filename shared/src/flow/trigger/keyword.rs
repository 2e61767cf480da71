//! Keywords: found in a message by looking its words up, not by trying one keyword after the other.

use std::collections::{BTreeSet, HashMap};

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::Fit;
use super::words::{plain, words};
use crate::domain::consent::fold;
use crate::flow::definition::{Definition, KeywordMatch, TriggerKind};

/// Longest word or pattern.
const LONGEST: usize = 256;
/// Most words of one trigger.
const WORDS: usize = 100;
/// The part of a message that keywords are looked for in, in characters.
const LOOKED_AT: usize = 4096;
/// What one compiled pattern may hold, and how many are matched in one go.
const COMPILED: usize = 1 << 18;
const TOGETHER: usize = 64;

/// A keyword as it is compared: two that are equal start by the same messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keyword {
    /// How it is held against a message.
    pub matching: KeywordMatch,
    /// Folded; a pattern as it was written.
    pub word: String,
}

impl Keyword {
    /// The keyword of a word as its author wrote it.
    pub fn of(matching: KeywordMatch, word: &str) -> Self {
        let word = if matching == KeywordMatch::Regex { word.to_owned() } else { fold(word) };
        Self { matching, word }
    }
}

/// Every keyword that starts a flow.
pub fn keywords(definition: &Definition) -> BTreeSet<Keyword> {
    let of_trigger = |kind: &TriggerKind| match kind {
        TriggerKind::Keyword { matching, words } => words.iter().map(|word| Keyword::of(*matching, word)).collect(),
        _ => Vec::new(),
    };
    definition.triggers.iter().flat_map(|trigger| of_trigger(&trigger.kind)).collect()
}

/// Whether the words of a trigger can be looked for; says which field cannot, and why.
pub fn check_words(kind: &TriggerKind) -> Result<(), (String, String)> {
    let TriggerKind::Keyword { words, matching } = kind else {
        return Ok(());
    };
    if words.is_empty() || words.len() > WORDS {
        return Err(("words".to_owned(), format!("holds {} words, 1 to {WORDS} may be there", words.len())));
    }
    for (index, word) in words.iter().enumerate() {
        let at = |problem: String| (format!("words[{index}]"), problem);
        if word.chars().count() > LONGEST {
            return Err(at(format!("is longer than {LONGEST} characters")));
        }
        if *matching == KeywordMatch::Regex {
            compile(word).map_err(at)?;
        } else if fold(word).is_empty() {
            return Err(at("holds neither letters nor digits".to_owned()));
        }
    }
    Ok(())
}

/// A pattern for a text without accents.
fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(&plain(pattern)).case_insensitive(true).size_limit(COMPILED).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "is too large a pattern".to_owned(),
        _ => "is no pattern that Loa knows: no look-around, no back-references".to_owned(),
    })
}

/// Keywords, ready to be found.
#[derive(Debug, Default)]
pub(super) struct Keywords {
    exact: HashMap<String, Vec<u32>>,
    beginnings: HashMap<String, Vec<u32>>,
    /// How long beginnings are, in bytes.
    lengths: BTreeSet<usize>,
    contained: Words,
    patterns: Vec<(String, u32)>,
    sets: Vec<(RegexSet, Vec<u32>)>,
}

impl Keywords {
    pub(super) fn add(&mut self, matching: KeywordMatch, word: &str, start: u32) {
        let folded = fold(word);
        if folded.is_empty() && matching != KeywordMatch::Regex {
            return;
        }
        match matching {
            KeywordMatch::Exact => self.exact.entry(folded).or_default().push(start),
            KeywordMatch::StartsWith => {
                self.lengths.insert(folded.len());
                self.beginnings.entry(folded).or_default().push(start);
            }
            KeywordMatch::Contains => self.contained.add(&folded, start),
            KeywordMatch::Regex if compile(word).is_ok() => self.patterns.push((plain(word), start)),
            KeywordMatch::Regex => {}
        }
    }

    /// Compiles the patterns: in sets, of which each is matched in one go.
    pub(super) fn make_ready(&mut self) {
        for some in self.patterns.chunks(TOGETHER) {
            let patterns = some.iter().map(|(pattern, _)| pattern);
            let together =
                RegexSetBuilder::new(patterns).case_insensitive(true).size_limit(COMPILED * TOGETHER * 2).build();
            match together {
                Ok(set) => self.sets.push((set, some.iter().map(|(_, start)| *start).collect())),
                // Each was compiled by itself before.
                Err(_) => self.sets.extend(some.iter().filter_map(|(pattern, start)| {
                    let one = RegexSetBuilder::new([pattern]).case_insensitive(true).build().ok()?;
                    Some((one, vec![*start]))
                })),
            }
        }
        self.patterns = Vec::new();
    }

    pub(super) fn find(&self, text: &str, found: &mut Vec<(u32, Fit)>) {
        let text = text.char_indices().nth(LOOKED_AT).map_or(text, |(end, _)| &text[..end]);
        let folded = fold(text);
        let mut of =
            |starts: Option<&Vec<u32>>, fit: Fit| found.extend(starts.into_iter().flatten().map(|start| (*start, fit)));
        of(self.exact.get(&folded), Fit::Named);
        for length in &self.lengths {
            let Some(beginning) = folded.get(..*length) else { continue };
            of(self.beginnings.get(beginning), Fit::Beginning(*length));
        }
        self.contained.find(&folded, found);
        if !self.sets.is_empty() {
            let plain = plain(text);
            for (set, starts) in &self.sets {
                found.extend(set.matches(&plain).iter().filter_map(|at| Some((*starts.get(at)?, Fit::Part(0)))));
            }
        }
    }
}

/// A tree of words: from each word of a message it is followed as far as it goes.
#[derive(Debug, Default)]
struct Words {
    root: Word,
}

#[derive(Debug, Default)]
struct Word {
    next: HashMap<String, Word>,
    /// What ends here, and how many letters it has.
    ends: Vec<(u32, usize)>,
}

impl Words {
    fn add(&mut self, folded: &str, start: u32) {
        let mut at = &mut self.root;
        for word in words(folded) {
            at = at.next.entry(word.to_owned()).or_default();
        }
        at.ends.push((start, folded.len()));
    }

    fn find(&self, folded: &str, found: &mut Vec<(u32, Fit)>) {
        if self.root.next.is_empty() {
            return;
        }
        let said: Vec<&str> = words(folded).collect();
        for begin in 0..said.len() {
            let mut next = &self.root.next;
            for word in &said[begin..] {
                let Some(at) = next.get(*word) else { break };
                found.extend(at.ends.iter().map(|(start, length)| (*start, Fit::Part(*length))));
                next = &at.next;
            }
        }
    }
}
