//! The limits that a content was found to break, and the checks that every channel has in common.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use url::Url;

use super::BrokenLimit;

/// How much of a value is quoted: enough to find it, too little to tell what was said.
const QUOTED: usize = 24;
/// The longest address of a web page (platform notes on WhatsApp, section 8).
const URL: usize = 2000;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<BrokenLimit>);

impl Findings {
    pub(super) fn into_result(self) -> Result<(), Vec<BrokenLimit>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    pub(super) fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(BrokenLimit { field: field.into(), problem: problem.into() });
    }

    /// Words that must be there, at most `most` characters of them.
    pub(super) fn words(&mut self, field: &str, words: &str, most: usize) {
        if words.trim().is_empty() {
            self.add(field, format!("must hold 1 to {most} characters that are not all spaces"));
        } else {
            self.length(field, words, most);
        }
    }

    /// As [`words`](Self::words), where the type lets them be left out and the platform does not.
    pub(super) fn needed(&mut self, field: &str, words: Option<&str>, most: usize) {
        self.words(field, words.unwrap_or_default(), most);
    }

    /// Words that may be left out; where they stand they say something.
    pub(super) fn optional(&mut self, field: &str, words: Option<&str>, most: usize) {
        if let Some(words) = words {
            self.words(field, words, most);
        }
    }

    /// At most `most` characters.
    pub(super) fn length(&mut self, field: &str, words: &str, most: usize) {
        let length = words.chars().count();
        if length > most {
            self.add(field, format!("is {length} characters long, at most {most}: {}", quote(words)));
        }
    }

    /// What must not be there.
    pub(super) fn absent(&mut self, field: &str, is_there: bool, why: &str) {
        if is_there {
            self.add(field, why);
        }
    }

    /// How many of `what` there may be.
    pub(super) fn count(&mut self, field: &str, count: usize, allowed: RangeInclusive<usize>, what: &str) {
        if !allowed.contains(&count) {
            let (least, most) = (allowed.start(), allowed.end());
            self.add(field, format!("holds {count} {what}, {least} to {most} may be there"));
        }
    }

    /// Values of which no two may be alike, each with its field.
    pub(super) fn unique<'a>(&mut self, values: impl IntoIterator<Item = (String, &'a str)>) {
        let mut first: HashMap<&str, String> = HashMap::new();
        for (field, value) in values {
            if let Some(before) = first.get(value) {
                let problem = format!("must be unique, {} is {before} too", quote(value));
                self.add(field, problem);
            } else {
                first.insert(value, field);
            }
        }
    }

    /// The address of a web page.
    pub(super) fn web_page(&mut self, field: &str, url: &str) {
        self.length(field, url, URL);
        let leads_somewhere =
            Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
        if !leads_somewhere {
            self.add(field, format!("must be an http or https address, is {}", quote(url)));
        }
    }
}

/// The beginning of `value`, in quotation marks.
pub(super) fn quote(value: &str) -> String {
    let mut begin: String = value.chars().take(QUOTED).collect();
    if value.chars().nth(QUOTED).is_some() {
        begin.push('…');
    }
    format!("{begin:?}")
}
