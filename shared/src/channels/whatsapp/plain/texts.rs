//! Texts of customers.

use std::borrow::Cow;

use chrono::DateTime;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Contact, News, plain};
use crate::channels::contract::NewMessage;
use crate::domain::identity::Identity;
use crate::domain::message::received::Surroundings;
use crate::domain::message::{Content, Direction};

/// With anything beside these fields it is not plain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    from: Option<Cow<'a, str>>,
    #[serde(borrow)]
    from_user_id: Option<Cow<'a, str>>,
    #[serde(rename = "from_parent_user_id")]
    _from_parent_user_id: Option<IgnoredAny>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(rename = "type")]
    _kind: Kind,
    #[serde(borrow)]
    text: Words<'a>,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "text")]
    Text,
}

#[derive(Deserialize)]
struct Words<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
}

/// What `of` says; `None` where it is not plain.
pub(super) fn message(news: &News<'_>, of: &Message<'_>) -> Option<NewMessage> {
    let mut identities = Vec::with_capacity(2);
    add(&mut identities, [plain(of.from.as_ref())?, plain(of.from_user_id.as_ref())?]);
    let (mut display_name, mut username) = (None, None);
    if let Some(contact) = contact_of(&identities, &news.contacts)? {
        add(&mut identities, ids(contact)?);
        let profile = contact.profile.as_ref();
        display_name = label(profile.and_then(|profile| profile.name.as_ref()))?;
        username = label(profile.and_then(|profile| profile.username.as_ref()))?;
    }
    if identities.is_empty() || of.text.body.trim().is_empty() {
        return None;
    }
    Some(NewMessage {
        account: plain(Some(&news.metadata.phone_number_id))??.to_owned(),
        platform_id: plain(Some(&of.id))??.to_owned(),
        sent_at: DateTime::from_timestamp(of.timestamp.parse().ok().filter(|seconds| *seconds >= 0)?, 0)?,
        direction: Direction::Inbound,
        identities,
        display_name,
        username,
        reply_to: None,
        surroundings: Surroundings::default(),
        content: Content::text_of(of.text.body.as_ref()),
        succession: None,
        outbound_ref: None,
    })
}

/// Who of `contacts` bears one of `identities`; of a message that names nobody, the only one.
#[expect(clippy::option_option, reason = "nobody is plain too")]
fn contact_of<'a, 'b>(identities: &[Identity], contacts: &'a [Contact<'b>]) -> Option<Option<&'a Contact<'b>>> {
    if let ([only], true) = (contacts, identities.is_empty()) {
        return Some(Some(only));
    }
    for contact in contacts {
        let mut theirs = ids(contact)?.into_iter().flatten().filter_map(Identity::whatsapp);
        if theirs.any(|identity| identities.contains(&identity)) {
            return Some(Some(contact));
        }
    }
    Some(None)
}

fn ids<'a>(contact: &'a Contact<'_>) -> Option<[Option<&'a str>; 2]> {
    Some([plain(contact.wa_id.as_ref())?, plain(contact.user_id.as_ref())?])
}

fn add(to: &mut Vec<Identity>, ids: [Option<&str>; 2]) {
    for identity in ids.into_iter().flatten().filter_map(Identity::whatsapp) {
        if !to.contains(&identity) {
            to.push(identity);
        }
    }
}

/// A name; `None` where it is not plain.
#[expect(clippy::option_option, reason = "absent is plain too")]
fn label(name: Option<&Cow<'_, str>>) -> Option<Option<String>> {
    match name {
        Some(name) if name.contains('\0') => None,
        Some(name) => Some(Some(name.as_ref().to_owned()).filter(|name| !name.trim().is_empty())),
        None => Some(None),
    }
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
