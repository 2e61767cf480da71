//! The most frequent of all webhooks, read without building a tree of it: plain statuses and nothing beside them.
//!
//! It gives what [`webhook::parse`](super::webhook::parse) would give, or nothing: whatever is not exactly as
//! expected here is left to that.

use std::borrow::Cow;

use chrono::DateTime;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::super::contract::{Parsed, StatusTarget, StatusUpdate};
use super::super::read;
use super::status::{addresses_of, on_the_ladder, whom};

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
    #[serde(borrow)]
    statuses: Vec<Status<'a>>,
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
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "status")]
    stage: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    recipient_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    recipient_user_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    biz_opaque_callback_data: Option<Cow<'a, str>>,
    pricing: Option<Value>,
    // With any of these it is not plain.
    conversation: Option<IgnoredAny>,
    errors: Option<IgnoredAny>,
    recipient_type: Option<IgnoredAny>,
    recipient_participant_id: Option<IgnoredAny>,
}

/// The statuses of `body`; `None` where it holds anything else.
pub(super) fn parse(body: &[u8]) -> Option<Parsed> {
    let body: Body<'_> = serde_json::from_slice(body).ok()?;
    let mut parsed = Parsed::default();
    for entry in &body.entry {
        if entry.changes.is_empty() {
            return None;
        }
        for Change { value, .. } in &entry.changes {
            if value.statuses.is_empty() {
                return None;
            }
            for status in &value.statuses {
                parsed.statuses.push(update(value, status)?);
            }
        }
    }
    Some(parsed)
}

fn update(news: &News<'_>, status: &Status<'_>) -> Option<StatusUpdate> {
    let is_plain = status.conversation.is_none()
        && status.errors.is_none()
        && status.recipient_type.is_none()
        && status.recipient_participant_id.is_none();
    let pricing = status.pricing.as_ref();
    if !is_plain || pricing.is_some_and(|pricing| !pricing.is_object()) {
        return None;
    }
    let known = addresses_of([plain(status.recipient_id.as_ref())?, plain(status.recipient_user_id.as_ref())?]);
    let mut contacts = Vec::with_capacity(news.contacts.len());
    for contact in &news.contacts {
        contacts.push(addresses_of([plain(contact.wa_id.as_ref())?, plain(contact.user_id.as_ref())?]));
    }
    let ours = status.biz_opaque_callback_data.as_deref();
    Some(StatusUpdate {
        account: plain(Some(&news.metadata.phone_number_id))??.to_owned(),
        target: StatusTarget::Message {
            platform_id: plain(Some(&status.id))??.to_owned(),
            outbound_ref: ours.and_then(|ours| ours.parse().ok()),
        },
        status: on_the_ladder(&status.stage)?,
        at: DateTime::from_timestamp(status.timestamp.parse().ok().filter(|seconds| *seconds >= 0)?, 0)?,
        error: None,
        more_errors: Vec::new(),
        pricing: pricing.map(read::storable_json),
        recipient: whom(known, contacts),
    })
}

/// `text` where reading it as an identifier would leave it as it is; `None` where that has to be tried.
#[expect(clippy::option_option, reason = "absent is plain too")]
fn plain<'a>(text: Option<&'a Cow<'_, str>>) -> Option<Option<&'a str>> {
    let Some(text) = text else { return Some(None) };
    let is_plain = !text.is_empty() && text.trim().len() == text.len() && !text.contains('\0');
    is_plain.then_some(Some(text))
}

#[cfg(test)]
#[path = "plain_statuses_tests.rs"]
mod tests;
