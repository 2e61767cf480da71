//! One message of a change, and who wrote it.

use serde_json::Value;

use super::super::contract::{NewMessage, Parsed};
use super::super::read::{self, kept};
use super::webhook::Change;
use crate::domain::identity::Identity;
use crate::domain::message::received::Surroundings;
use crate::domain::message::{Content, Direction};

/// Reads `message`. One that does not read, and one of a group, is kept as news of the account.
pub(super) fn read(change: &Change<'_>, direction: Direction, message: Value, into: &mut Parsed) {
    // A group is no conversation with one customer: what is said there gets no answer of its own.
    if message.get("group_id").is_some() {
        into.account.push(kept(change.account, "group_message", message));
        return;
    }
    match readable(change, direction, &message) {
        Some(read) => into.messages.push(read),
        None => into.account.push(kept(change.account, "unreadable_message", message)),
    }
}

fn readable(change: &Change<'_>, direction: Direction, message: &Value) -> Option<NewMessage> {
    let person = person(change, direction, message);
    if person.identities.is_empty() {
        return None;
    }
    Some(NewMessage {
        account: change.account.to_owned(),
        platform_id: read::id(message, "id")?,
        sent_at: read::seconds(message, "timestamp")?,
        direction,
        identities: person.identities,
        display_name: person.display_name,
        username: person.username,
        content: content(message),
        reply_to: message.get("context").and_then(|context| read::id(context, "id")),
        surroundings: Surroundings::default(),
        succession: None,
        outbound_ref: None,
    })
}

fn content(message: &Value) -> Content {
    let kind = read::text(message, "type").unwrap_or("untyped");
    let body = message.get("text").and_then(|text| read::text(text, "body"));
    match (kind, body) {
        ("text", Some(body)) => Content::text_of(body),
        _ => Content::Unknown { kind: kind.to_owned(), reason: None, raw: message.clone() },
    }
}

#[derive(Default)]
struct Person {
    identities: Vec<Identity>,
    display_name: Option<String>,
    username: Option<String>,
}

impl Person {
    /// Adds the address under `key`. Parent ids are not asked for: nothing can be sent to them.
    fn add(&mut self, of: &Value, key: &str) {
        let identity = read::id(of, key).and_then(|raw| Identity::whatsapp(&raw));
        if let Some(identity) = identity
            && !self.identities.contains(&identity)
        {
            self.identities.push(identity);
        }
    }

    fn is(&self, contact: &Value) -> bool {
        let mut other = Self::default();
        other.add_contact(contact);
        other.identities.iter().any(|identity| self.identities.contains(identity))
    }

    fn add_contact(&mut self, contact: &Value) {
        self.add(contact, "wa_id");
        self.add(contact, "user_id");
        let shown = |key| {
            let profile = contact.get("profile")?;
            read::text(profile, key).map(str::to_owned)
        };
        self.display_name = shown("name");
        self.username = shown("username");
    }
}

/// The customer: by the message's own fields, completed from the contact that bears one of the same
/// addresses. A message that names nobody is its change's only contact's; a system message, which
/// comes without contacts, names its customer in its own object.
fn person(change: &Change<'_>, direction: Direction, message: &Value) -> Person {
    let mut person = Person::default();
    let (phone, user_id) = match direction {
        Direction::Outbound if !is_own_number(change, message, "to") => ("to", "to_user_id"),
        Direction::Inbound | Direction::Outbound => ("from", "from_user_id"),
    };
    person.add(message, phone);
    person.add(message, user_id);
    let contact = match change.contacts {
        [only] if person.identities.is_empty() => Some(only),
        contacts => contacts.iter().find(|contact| person.is(contact)),
    };
    if let Some(contact) = contact {
        person.add_contact(contact);
    }
    if let Some(system) = message.get("system").filter(|_| person.identities.is_empty()) {
        person.add(system, "user_id");
        person.add(system, "wa_id");
    }
    person
}

/// Some echoes have sender and recipient the other way round.
fn is_own_number(change: &Change<'_>, message: &Value, key: &str) -> bool {
    let own = change.own_number.and_then(Identity::whatsapp);
    own.is_some() && read::id(message, key).and_then(|raw| Identity::whatsapp(&raw)) == own
}
