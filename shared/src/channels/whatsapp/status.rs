//! One status of a change: what became of a message that was sent (platform notes, section 6).

use serde_json::{Value, json};

use super::super::contract::{Parsed, PlatformError, StatusTarget, StatusUpdate};
use super::super::read::{self, kept};
use super::error;
use super::webhook::Change;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::status::MessageStatus;

/// Reads `status`. A word that is not on the ladder is kept as news of the account, and so is the status
/// of a group: it tells of one participant, not of the message.
pub(super) fn read(change: &Change<'_>, status: Value, into: &mut Parsed) {
    if is_of_a_group(&status) {
        into.account.push(kept(change.account, "group_status", status));
        return;
    }
    let Some(word) = word(&status) else {
        into.account.push(kept(change.account, "status", status));
        return;
    };
    match readable(change, word, &status) {
        Some(read) => into.statuses.push(read),
        None => into.account.push(kept(change.account, "unreadable_status", status)),
    }
}

fn is_of_a_group(status: &Value) -> bool {
    read::text(status, "recipient_type") == Some("group") || status.get("recipient_participant_id").is_some()
}

fn word(status: &Value) -> Option<MessageStatus> {
    let word = read::text(status, "status").or_else(|| read::text(status, "message_status"))?;
    on_the_ladder(word)
}

/// What the platform's word stands for.
pub(super) fn on_the_ladder(word: &str) -> Option<MessageStatus> {
    match word {
        "sent" => Some(MessageStatus::Sent),
        "delivered" => Some(MessageStatus::Delivered),
        "read" => Some(MessageStatus::Read),
        "played" => Some(MessageStatus::Played),
        "failed" => Some(MessageStatus::Failed),
        "held_for_quality_assessment" => Some(MessageStatus::Held),
        _ => None,
    }
}

fn readable(change: &Change<'_>, word: MessageStatus, status: &Value) -> Option<StatusUpdate> {
    let ours = read::text(status, "biz_opaque_callback_data");
    let mut errors = read::list(status, "errors").iter().map(platform_error);
    Some(StatusUpdate {
        account: change.account.to_owned(),
        target: StatusTarget::Message {
            platform_id: read::id(status, "id")?,
            outbound_ref: ours.and_then(|ours| ours.parse().ok()),
        },
        status: word,
        at: read::seconds(status, "timestamp")?,
        error: errors.next(),
        more_errors: errors.collect(),
        pricing: pricing(status),
        recipient: recipient(change, status),
    })
}

/// The platform's pricing object; beside it, or alone, what it says of the conversation. Since v24 that
/// comes for free entry points only, and tells when one ends.
fn pricing(status: &Value) -> Option<Value> {
    let object = |key| status.get(key).filter(|object| object.is_object()).map(read::storable_json);
    match (object("pricing"), object("conversation")) {
        (pricing, None) => pricing,
        (Some(mut pricing), Some(conversation)) => {
            pricing["conversation"] = conversation;
            Some(pricing)
        }
        (None, Some(conversation)) => Some(json!({ "conversation": conversation })),
    }
}

/// Whom the status names: in its own fields, and as the contact beside it that bears the same address.
fn recipient(change: &Change<'_>, status: &Value) -> Vec<Identity> {
    let of_contact = |contact: &Value| addresses(contact, ["wa_id", "user_id"]);
    whom(addresses(status, ["recipient_id", "recipient_user_id"]), change.contacts.iter().map(of_contact).collect())
}

/// Whom a status names that knows the addresses `known`, beside `contacts`.
pub(super) fn whom(mut known: Vec<Identity>, mut contacts: Vec<Vec<Identity>>) -> Vec<Identity> {
    let contact = match contacts.as_mut_slice() {
        [only] if known.is_empty() => Some(std::mem::take(only)),
        _ => contacts.into_iter().find(|list| list.iter().any(|address| known.contains(address))),
    };
    for address in contact.unwrap_or_default() {
        if !known.contains(&address) {
            known.push(address);
        }
    }
    known
}

fn addresses(of: &Value, keys: [&str; 2]) -> Vec<Identity> {
    let ids = keys.map(|key| read::id(of, key));
    addresses_of(ids.each_ref().map(Option::as_deref))
}

/// Those of `ids` that are addresses.
pub(super) fn addresses_of(ids: [Option<&str>; 2]) -> Vec<Identity> {
    let address = |id| Identity::whatsapp(id).filter(is_well_formed);
    ids.into_iter().flatten().filter_map(address).collect()
}

/// Digits, or two letters, a dot and at most 128 letters and digits: a status must not teach us the id
/// of a group or of a parent.
fn is_well_formed(address: &Identity) -> bool {
    if address.kind == IdentityKind::Phone {
        return true;
    }
    let Some((country, id)) = address.value.split_once('.') else {
        return false;
    };
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    is_country && (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn platform_error(error: &Value) -> PlatformError {
    // Without a code nothing is known but that it failed.
    let code = error.get("code").and_then(Value::as_i64).unwrap_or(-1);
    let title = read::label(error, "title").or_else(|| read::label(error, "message"));
    let details = error.get("error_data").and_then(|data| read::label(data, "details"));
    PlatformError { code, subcode: None, title: title.unwrap_or_default(), details, remedy: error::remedy(code, false) }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
