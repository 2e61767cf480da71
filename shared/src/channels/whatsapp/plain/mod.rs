//! The most frequent of all webhooks, read without building a tree of them: texts of customers and statuses, and nothing
//! beside them.
//!
//! It gives what [`webhook::parse`](super::webhook::parse) would give, or nothing: whatever is not exactly as
//! expected here is left to that.

mod statuses;
mod texts;

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::contract::Parsed;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(rename = "object")]
    _object: IgnoredAny,
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<'a> {
    #[serde(rename = "id")]
    _id: IgnoredAny,
    #[serde(borrow)]
    changes: Vec<Change<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change<'a> {
    #[serde(rename = "field")]
    _field: Field,
    #[serde(borrow)]
    value: News<'a>,
}

#[derive(Deserialize)]
enum Field {
    #[serde(rename = "messages")]
    Messages,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct News<'a> {
    #[serde(rename = "messaging_product")]
    _messaging_product: IgnoredAny,
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    contacts: Vec<Contact<'a>>,
    #[serde(borrow, default)]
    messages: Vec<texts::Message<'a>>,
    #[serde(borrow, default)]
    statuses: Vec<statuses::Status<'a>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    phone_number_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Contact<'a> {
    #[serde(borrow)]
    wa_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    profile: Option<Profile<'a>>,
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    username: Option<Cow<'a, str>>,
}

/// The texts and statuses of `body`; `None` where it holds anything else.
pub(super) fn parse(body: &[u8]) -> Option<Parsed> {
    let body: Body<'_> = serde_json::from_slice(body).ok()?;
    let mut parsed = Parsed::default();
    // Messages are large, and mostly one: a list that grows by itself would begin with room for four.
    let changes = body.entry.iter().flat_map(|entry| &entry.changes);
    parsed.messages.reserve_exact(changes.map(|change| change.value.messages.len()).sum());
    for entry in &body.entry {
        if entry.changes.is_empty() {
            return None;
        }
        for Change { value, .. } in &entry.changes {
            if value.messages.is_empty() && value.statuses.is_empty() {
                return None;
            }
            for text in &value.messages {
                parsed.messages.push(texts::message(value, text)?);
            }
            for status in &value.statuses {
                parsed.statuses.push(statuses::update(value, status)?);
            }
        }
    }
    Some(parsed)
}

/// `text` where reading it as an identifier would leave it as it is; `None` where that has to be tried.
#[expect(clippy::option_option, reason = "absent is plain too")]
fn plain<'a>(text: Option<&'a Cow<'_, str>>) -> Option<Option<&'a str>> {
    let Some(text) = text else { return Some(None) };
    let is_plain = !text.is_empty() && text.trim().len() == text.len() && !text.contains('\0');
    is_plain.then_some(Some(text))
}
