//! What a customer did, and echoes of what the page said.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::contract::{NewMessage, OutboundRef, Parsed, StatusTarget, StatusUpdate};
use super::super::read::{self, kept};
use super::webhook::Page;
use crate::domain::identity::Identity;
use crate::domain::message::received::Surroundings;
use crate::domain::message::{Content, Direction};
use crate::domain::status::MessageStatus;

/// The events that are a customer's doing, by the name of their object.
pub(super) const DEEDS: [&str; 6] = ["message", "postback", "reaction", "message_edit", "optin", "referral"];

/// Reads an event of `kind`, one of [`DEEDS`]. One that does not read is kept as news of the account:
/// an opt-in by the checkbox plugin, for one, names no customer that could be written to.
pub(super) fn read(page: &Page<'_>, kind: &str, event: Value, into: &mut Parsed) {
    let Some(message) = readable(page, kind, &event) else {
        into.account.push(kept(page.id, kind, event));
        return;
    };
    into.statuses.extend(sent(&message));
    into.messages.push(message);
}

fn readable(page: &Page<'_>, kind: &str, event: &Value) -> Option<NewMessage> {
    let object = event.get(kind).filter(|object| object.is_object())?;
    let is_echo = object.get("is_echo") == Some(&Value::Bool(true));
    let (direction, customer) = sides(page, event, is_echo)?;
    let metadata = read::text(object, "metadata").filter(|_| is_echo);
    Some(NewMessage {
        account: page.id.to_owned(),
        platform_id: platform_id(kind, event),
        sent_at: time(page, event)?,
        direction,
        identities: vec![customer],
        display_name: None,
        username: None,
        content: content(kind, event),
        reply_to: reply_to(kind, object),
        surroundings: Surroundings::default(),
        succession: None,
        outbound_ref: metadata.and_then(|metadata| metadata.parse().ok()),
    })
}

/// Which way the message went, and who of the two is not the page.
fn sides(page: &Page<'_>, event: &Value, is_echo: bool) -> Option<(Direction, Identity)> {
    let party = |key| event.get(key).and_then(|party| read::id(party, "id"));
    let (sender, recipient) = (party("sender"), party("recipient"));
    let by_page = is_echo || sender.as_deref() == Some(page.id);
    let (likely, other) = if by_page { (recipient, sender) } else { (sender, None) };
    let customer = likely.filter(|id| id != page.id).or(other)?;
    let direction = if by_page { Direction::Outbound } else { Direction::Inbound };
    Some((direction, Identity::psid(&customer)?))
}

/// The event's own time, the entry's where it has none.
pub(super) fn time(page: &Page<'_>, event: &Value) -> Option<DateTime<Utc>> {
    read::millis(event, "timestamp").or_else(|| read::millis(page.entry, "time"))
}

/// A message's and a postback's own id. Other events bear the id of the message that they are about,
/// or none: they are named by a hash of themselves, which a repeated delivery repeats.
fn platform_id(kind: &str, event: &Value) -> String {
    let own = match kind {
        "message" | "postback" => read::id(&event[kind], "mid"),
        _ => None,
    };
    own.unwrap_or_else(|| {
        let hash = Sha256::digest(event.to_string());
        format!("{kind}:{}", hex::encode(&hash[..16]))
    })
}

fn content(kind: &str, event: &Value) -> Content {
    let object = &event[kind];
    let richer = |key| object.get(key).is_some();
    let plain = !richer("attachments") && !richer("quick_reply");
    match read::text(object, "text") {
        Some(text) if kind == "message" && plain => Content::text_of(text),
        _ => Content::Unknown { kind: name(kind, object), reason: None, raw: event.clone() },
    }
}

/// What Messenger calls the kind of message: the type of its first attachment, say.
fn name(kind: &str, object: &Value) -> String {
    if kind != "message" {
        return kind.to_owned();
    }
    let attachment = read::list(object, "attachments").first();
    if let Some(kind) = attachment.and_then(|attachment| read::text(attachment, "type")) {
        return kind.to_owned();
    }
    ["quick_reply", "is_deleted", "is_unsupported", "referral"]
        .into_iter()
        .find(|key| object.get(key).is_some())
        .unwrap_or("untyped")
        .to_owned()
}

fn reply_to(kind: &str, object: &Value) -> Option<String> {
    match kind {
        "message" => read::id(object.get("reply_to")?, "mid"),
        "reaction" | "message_edit" => read::id(object, "mid"),
        _ => None,
    }
}

/// The echo of a send of ours is proof that it went, even if its answer was lost.
fn sent(message: &NewMessage) -> Option<StatusUpdate> {
    let outbound_ref: OutboundRef = message.outbound_ref?;
    Some(StatusUpdate {
        account: message.account.clone(),
        target: StatusTarget::Message { platform_id: message.platform_id.clone(), outbound_ref: Some(outbound_ref) },
        status: MessageStatus::Sent,
        at: message.sent_at,
        error: None,
        pricing: None,
    })
}
