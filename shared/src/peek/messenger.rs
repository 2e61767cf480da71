//! Messenger and Instagram: what the events of a body are.

use serde::de::MapAccess;

use super::Classify;
use super::walk::{Each, Look, One, holds, is_id, is_millis, skip};
use crate::events::raw::Kinds;

#[derive(Default)]
pub(super) struct Body {
    entry: Entry,
}

impl Classify for Body {
    fn kinds(&self) -> Kinds {
        self.entry.kinds
    }
}

impl Look for Body {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "entry" => map.next_value_seed(Each(&mut self.entry)),
            _ => skip(map),
        }
    }
}

#[derive(Default)]
struct Entry {
    kinds: Kinds,
    event: Event,
}

impl Look for Entry {
    fn begin(&mut self) {
        self.event = Event::default();
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "messaging" => map.next_value_seed(Each(&mut self.event)),
            "id" | "time" => skip(map),
            // A copy of a conversation that another app owns, news of the page: kept, never answered.
            _ => {
                self.kinds.account = true;
                skip(map)
            }
        }
    }

    fn end(&mut self) {
        let seen = self.event.kinds;
        self.kinds.messages |= seen.messages;
        self.kinds.statuses |= seen.statuses;
        self.kinds.account |= seen.account || seen.is_unknown();
    }

    fn odd(&mut self) {
        self.kinds.account = true;
    }
}

#[derive(Default)]
struct Event {
    kinds: Kinds,
    /// Something that a customer did stands in the event.
    deed: bool,
    /// News of what was sent.
    news: bool,
    timed: bool,
    sender: Party,
    recipient: Party,
    message: Message,
}

impl Event {
    /// Whether an event of a customer may lack what makes it readable.
    fn is_doubtful(&self) -> bool {
        !(self.timed && self.sender.named && self.recipient.named) || self.message.odd
    }
}

impl Look for Event {
    fn begin(&mut self) {
        *self = Self { kinds: self.kinds, ..Self::default() };
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "sender" => map.next_value_seed(One(&mut self.sender)),
            "recipient" => map.next_value_seed(One(&mut self.recipient)),
            "timestamp" => {
                self.timed = holds(map, is_millis)?;
                Ok(())
            }
            "message" => {
                self.deed = true;
                map.next_value_seed(One(&mut self.message))
            }
            "postback" | "reaction" | "message_edit" | "optin" | "referral" => {
                self.deed = true;
                skip(map)
            }
            "delivery" | "read" => {
                self.news = true;
                skip(map)
            }
            _ => skip(map),
        }
    }

    fn end(&mut self) {
        self.kinds.messages |= self.deed;
        // An echo settles a send whose answer was lost, and shows what another tool said.
        self.kinds.statuses |= self.news || self.message.is_echo;
        self.kinds.account |= !(self.deed || self.news) || (self.deed && self.is_doubtful());
    }

    fn odd(&mut self) {
        self.kinds.account = true;
    }
}

#[derive(Default)]
struct Party {
    named: bool,
}

impl Look for Party {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if key != "id" {
            return skip(map);
        }
        self.named = holds(map, is_id)?;
        Ok(())
    }
}

#[derive(Default)]
struct Message {
    is_echo: bool,
    odd: bool,
}

impl Look for Message {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        self.is_echo |= key == "is_echo";
        skip(map)
    }

    fn odd(&mut self) {
        self.odd = true;
    }
}
