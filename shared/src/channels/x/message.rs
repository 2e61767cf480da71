//! One direct message, of the customer's or of the account's own.

use serde_json::Value;

use super::super::contract::{NewMessage, Parsed};
use super::super::read::{self, kept};
use super::text;
use super::webhook::Setting;
use crate::domain::identity::Identity;
use crate::domain::message::received::Surroundings;
use crate::domain::message::{Content, Direction};

/// Reads `event`. One that does not read is kept as news of the account.
pub(super) fn read(setting: &Setting<'_>, event: Value, into: &mut Parsed) {
    if let Some(message) = readable(setting, &event) {
        into.messages.push(message);
        return;
    }
    let subject = setting.account.unwrap_or_default();
    into.account.push(kept(subject, "unreadable_message", event));
}

fn readable(setting: &Setting<'_>, event: &Value) -> Option<NewMessage> {
    let create = event.get("message_create")?;
    let sender = read::id(create, "sender_id")?;
    let recipient = read::id(create.get("target")?, "recipient_id")?;
    // Old payloads do not say whose they are: taken for a customer's, who wrote to the account.
    let account = setting.account.unwrap_or(&recipient).to_owned();
    let (direction, customer) =
        if sender == account { (Direction::Outbound, recipient) } else { (Direction::Inbound, sender) };
    Some(NewMessage {
        account,
        platform_id: read::id(event, "id")?,
        sent_at: read::millis(event, "created_timestamp")?,
        direction,
        identities: vec![Identity::x_user(&customer)?],
        display_name: shown(setting.users, &customer, &["name"]),
        username: shown(setting.users, &customer, &["screen_name", "username"]),
        content: content(event),
        reply_to: None,
        surroundings: Surroundings::default(),
        succession: None,
        outbound_ref: None,
    })
}

fn content(event: &Value) -> Content {
    let data = &event["message_create"]["message_data"];
    let kind = ["attachment", "quick_reply_response"].into_iter().find(|key| data.get(key).is_some());
    match (read::text(data, "text"), kind) {
        (Some(written), None) => Content::text_of(text::unescape(written)),
        (_, kind) => {
            let attachment = data.get("attachment").and_then(|of| read::text(of, "type"));
            Content::Unknown {
                kind: attachment.or(kind).unwrap_or("untyped").to_owned(),
                reason: None,
                raw: event.clone(),
            }
        }
    }
}

/// What a user shows. The successor API wraps each user in `data` and names the fields otherwise.
fn shown(users: &Value, id: &str, keys: &[&str]) -> Option<String> {
    let user = users.get(id)?;
    let user = user.get("data").unwrap_or(user);
    let shown = keys.iter().find_map(|key| read::text(user, key))?;
    Some(shown.to_owned())
}
