//! The languages that texts are in.

use super::{Found, Read};
use crate::flow::definition::{Localised, NodeKind};
use crate::flow::fault::Severity;
use crate::flow::places;

pub(super) fn check(read: &Read<'_>, found: &mut Found) {
    let language = read.document.language();
    if !is_code(language) {
        found.whole(Severity::Error, "language", "language", format!("must be a code as vi or pt_BR, is `{language}`"));
    }
    for (index, id, kind) in read.nodes() {
        for (field, text) in places::localised(kind) {
            check_one(language, (index, id), &field, text, found);
        }
    }
}

fn check_one(language: &str, node: (usize, &str), field: &str, text: &Localised, found: &mut Found) {
    let Localised::Several(several) = text else {
        return;
    };
    if several.is_empty() {
        found.node(Severity::Error, node, field, "language", "is in no language at all");
        return;
    }
    for code in several.keys().filter(|code| !is_code(code)) {
        let message = format!("`{code}` is no code of a language such as vi or pt_BR");
        found.node(Severity::Error, node, &format!("{field}.{code}"), "language", message);
    }
    let is_flows = |code: &&String| code.split(['_', '-']).next() == language.split(['_', '-']).next();
    if !several.keys().any(|code| is_flows(&code)) {
        let message =
            format!("is not in the flow's own language `{language}`: who speaks none of these gets the first");
        found.node(Severity::Warning, node, field, "language", message);
    }
}

/// Two or three letters, with a country or script behind `_` or `-`.
fn is_code(code: &str) -> bool {
    let (language, place) =
        code.split_once(['_', '-']).map_or((code, None), |(language, place)| (language, Some(place)));
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    is_language
        && place.is_none_or(|p| (2..=4).contains(&p.len()) && p.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

impl NodeKind {
    /// The codes of every language that its texts are in.
    pub(super) fn languages(&self) -> std::collections::BTreeSet<String> {
        let texts = places::localised(self);
        texts.iter().flat_map(|(_, text)| text.each()).filter_map(|(code, _)| code.map(str::to_owned)).collect()
    }
}
