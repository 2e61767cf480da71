//! One direct message, of the customer's or of the account's own.

use serde_json::Value;

use super::super::contract::{NewMessage, Parsed};
use super::super::parts;
use super::super::read::{self, kept};
use super::content;
use super::webhook::Setting;
use crate::domain::identity::Identity;
use crate::domain::message::Direction;
use crate::domain::message::received::Surroundings;

/// Reads `event`. One that does not read is kept as news of the account.
pub(super) fn read(setting: &Setting<'_>, event: Value, into: &mut Parsed) {
    if let Some(messages) = readable(setting, &event) {
        into.messages.extend(messages);
        return;
    }
    let subject = setting.account.unwrap_or_default();
    into.account.push(kept(subject, "unreadable_message", event));
}

fn readable(setting: &Setting<'_>, event: &Value) -> Option<Vec<NewMessage>> {
    let create = event.get("message_create")?;
    let sender = read::id(create, "sender_id")?;
    let recipient = read::id(create.get("target")?, "recipient_id")?;
    // Old payloads do not say whose they are: taken for a customer's, who wrote to the account.
    let account = setting.account.unwrap_or(&recipient).to_owned();
    let (direction, customer) =
        if sender == account { (Direction::Outbound, recipient) } else { (Direction::Inbound, sender) };
    let platform_id = read::id(event, "id")?;
    let sent_at = read::millis(event, "created_timestamp")?;
    let identity = Identity::x_user(&customer)?;
    let part = |(place, content)| NewMessage {
        account: account.clone(),
        platform_id: parts::id(&platform_id, place),
        sent_at,
        direction,
        identities: vec![identity.clone()],
        display_name: shown(setting.users, &customer, &["name"]),
        username: shown(setting.users, &customer, &["screen_name", "username"]),
        content,
        reply_to: None,
        surroundings: Surroundings::default(),
        succession: None,
        outbound_ref: None,
    };
    Some(content::contents(event).into_iter().enumerate().map(part).collect())
}

/// What a user shows. The successor API wraps each user in `data` and names the fields otherwise.
fn shown(users: &Value, id: &str, keys: &[&str]) -> Option<String> {
    let user = users.get(id)?;
    let user = user.get("data").unwrap_or(user);
    keys.iter().find_map(|key| read::label(user, key))
}
