//! Who wrote a message, or to whom the business did.

use serde_json::Value;

use crate::channels::read;
use crate::channels::whatsapp::webhook::Change;
use crate::domain::identity::Identity;
use crate::domain::message::Direction;

/// The customer of a message.
#[derive(Default)]
pub(super) struct Person {
    /// Every address that the message gives.
    pub(super) identities: Vec<Identity>,
    /// The name they show.
    pub(super) display_name: Option<String>,
    /// The user name they show.
    pub(super) username: Option<String>,
}

impl Person {
    /// The customer: by the message's own fields, completed from the contact that bears one of the same
    /// addresses. A message that names nobody is its change's only contact's.
    pub(super) fn of(change: &Change<'_>, direction: Direction, message: &Value) -> Self {
        let mut person = Self::default();
        let (phone, user_id) = match direction {
            Direction::Outbound if !is_own_number(change, message, "to") => ("to", "to_user_id"),
            Direction::Inbound | Direction::Outbound => ("from", "from_user_id"),
        };
        // Parent ids are not asked for: nothing can be sent to them.
        add(&mut person.identities, message, phone);
        add(&mut person.identities, message, user_id);
        let contact = match change.contacts {
            [only] if person.identities.is_empty() => Some(only),
            contacts => contacts.iter().find(|contact| person.is(contact)),
        };
        if let Some(contact) = contact {
            person.complete(contact);
        }
        person
    }

    fn is(&self, contact: &Value) -> bool {
        let mut theirs = Vec::new();
        add_contact(&mut theirs, contact);
        theirs.iter().any(|identity| self.identities.contains(identity))
    }

    fn complete(&mut self, contact: &Value) {
        add_contact(&mut self.identities, contact);
        if let Some(profile) = contact.get("profile") {
            self.display_name = read::label(profile, "name");
            self.username = read::label(profile, "username");
        }
    }
}

fn add_contact(to: &mut Vec<Identity>, contact: &Value) {
    add(to, contact, "wa_id");
    add(to, contact, "user_id");
}

/// Adds the address under `key`, where there is one that is not known yet.
pub(super) fn add(to: &mut Vec<Identity>, of: &Value, key: &str) {
    let identity = read::id(of, key).and_then(|raw| Identity::whatsapp(&raw));
    to.extend(identity.filter(|identity| !to.contains(identity)));
}

/// Some echoes have sender and recipient the other way round.
fn is_own_number(change: &Change<'_>, message: &Value, key: &str) -> bool {
    let own = change.own_number.and_then(Identity::whatsapp);
    own.is_some() && read::id(message, key).and_then(|raw| Identity::whatsapp(&raw)) == own
}
