//! Statuses of what was sent.

use std::borrow::Cow;

use chrono::DateTime;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{News, plain};
use crate::channels::contract::{StatusTarget, StatusUpdate};
use crate::channels::read;
use crate::channels::whatsapp::status::{addresses_of, on_the_ladder, whom};

/// A status.
#[derive(Deserialize)]
pub(super) struct Status<'a> {
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

/// The update that `status` is; `None` where it is not plain.
pub(super) fn update(news: &News<'_>, status: &Status<'_>) -> Option<StatusUpdate> {
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

#[cfg(test)]
#[path = "statuses_tests.rs"]
mod tests;
