//! What a customer did, and echoes of what the page said.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::contract::{NewMessage, OutboundRef, Parsed, StatusTarget, StatusUpdate};
use super::super::fields::flag;
use super::super::parts;
use super::super::read::{self, kept};
use super::webhook::Page;
use super::{content, referral};
use crate::domain::identity::Identity;
use crate::domain::message::received::Surroundings;
use crate::domain::message::{Content, Direction};
use crate::domain::status::MessageStatus;

/// The events that are a customer's doing, by the name of their object.
pub(super) const DEEDS: [&str; 6] = ["message", "postback", "reaction", "message_edit", "optin", "referral"];

/// Reads an event of `kind`, one of [`DEEDS`]. One that does not read is kept as news of the account:
/// an opt-in by the checkbox plugin, for one, names no customer that could be written to.
pub(super) fn read(page: &Page<'_>, kind: &str, event: Value, into: &mut Parsed) {
    let Some(frame) = readable(page, kind, &event) else {
        into.account.push(kept(page.id, kind, event));
        return;
    };
    into.statuses.extend(sent(&frame));
    into.messages.extend(in_parts(frame, content::contents(kind, &event)));
}

/// What is the same for all that the event says.
struct Frame {
    account: String,
    platform_id: String,
    sent_at: DateTime<Utc>,
    direction: Direction,
    customer: Identity,
    reply_to: Option<String>,
    surroundings: Surroundings,
    outbound_ref: Option<OutboundRef>,
}

fn readable(page: &Page<'_>, kind: &str, event: &Value) -> Option<Frame> {
    let object = event.get(kind).filter(|object| object.is_object())?;
    let is_echo = flag(object, "is_echo");
    let (direction, customer) = sides(page, event, is_echo)?;
    let metadata = read::text(object, "metadata").filter(|_| is_echo);
    let reply_to = object.get("reply_to").filter(|_| kind == "message");
    Some(Frame {
        account: page.id.to_owned(),
        platform_id: platform_id(kind, event),
        sent_at: time(page, event)?,
        direction,
        customer,
        reply_to: reply_to.and_then(|of| read::id(of, "mid")),
        surroundings: Surroundings { referral: referral::of(kind, object), ..Surroundings::default() },
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

/// A message's and a postback's own id. Other events, the taking back of a message among them, bear
/// the id of the message that they are about, or none: they are named by a hash of themselves, which a
/// repeated delivery repeats.
fn platform_id(kind: &str, event: &Value) -> String {
    let object = &event[kind];
    let own = match kind {
        "message" if !flag(object, "is_deleted") => read::id(object, "mid"),
        "postback" => read::id(object, "mid"),
        _ => None,
    };
    own.unwrap_or_else(|| {
        let hash = Sha256::digest(event.to_string());
        format!("{kind}:{}", hex::encode(&hash[..16]))
    })
}

/// A message for each of `contents`. What led the customer here is told once.
fn in_parts(frame: Frame, contents: Vec<Content>) -> impl Iterator<Item = NewMessage> {
    contents.into_iter().enumerate().map(move |(place, content)| NewMessage {
        account: frame.account.clone(),
        platform_id: parts::id(&frame.platform_id, place),
        sent_at: frame.sent_at,
        direction: frame.direction,
        identities: vec![frame.customer.clone()],
        display_name: None,
        username: None,
        content,
        reply_to: frame.reply_to.clone(),
        surroundings: if place == 0 { frame.surroundings.clone() } else { Surroundings::default() },
        succession: None,
        outbound_ref: frame.outbound_ref,
    })
}

/// The echo of a send of ours is proof that it went, even if its answer was lost.
fn sent(frame: &Frame) -> Option<StatusUpdate> {
    let outbound_ref = frame.outbound_ref?;
    Some(StatusUpdate {
        account: frame.account.clone(),
        target: StatusTarget::Message { platform_id: frame.platform_id.clone(), outbound_ref: Some(outbound_ref) },
        status: MessageStatus::Sent,
        at: frame.sent_at,
        error: None,
        more_errors: Vec::new(),
        pricing: None,
        recipient: Vec::new(),
    })
}
