//! One message of a change: who wrote it, what it says, and what stands around it (platform notes,
//! section 5).

mod card;
mod content;
mod faults;
mod interactive;
mod media;
mod order;
mod person;
mod surroundings;
mod system;

use serde_json::Value;

use self::person::Person;
use super::webhook::Change;
use crate::channels::contract::{NewMessage, Parsed};
use crate::channels::read::{self, kept};
use crate::domain::message::Direction;

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

/// Without a name, a moment or a customer there is no message that could be stored; whatever else is
/// amiss makes it a message of unknown content.
fn readable(change: &Change<'_>, direction: Direction, message: &Value) -> Option<NewMessage> {
    let platform_id = read::id(message, "id")?;
    let sent_at = read::seconds(message, "timestamp")?;
    let mut person = Person::of(change, direction, message);
    let content = content::content(message);
    let succession = system::follow(&content, message, &mut person.identities);
    if person.identities.is_empty() {
        return None;
    }
    Some(NewMessage {
        account: change.account.to_owned(),
        platform_id,
        sent_at,
        direction,
        identities: person.identities,
        display_name: person.display_name,
        username: person.username,
        reply_to: message.get("context").and_then(|context| read::id(context, "id")),
        surroundings: surroundings::around(message, &content),
        content,
        succession,
        outbound_ref: None,
    })
}

#[cfg(test)]
mod misfit_tests;
#[cfg(test)]
mod system_tests;
#[cfg(test)]
mod tests;
