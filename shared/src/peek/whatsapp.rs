//! WhatsApp: what the changes of a body hold.

use serde::de::MapAccess;

use super::Classify;
use super::walk::{Each, Look, One, holds, is_id, skip};
use crate::events::raw::Kinds;

/// Fields that are kept whole, whatever they hold: a copy of what somebody else answers, calls, and
/// the history of a number from before it was connected.
const KEPT_WHOLE: [&str; 3] = ["standby", "calls", "history"];

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
    change: Change,
}

impl Look for Entry {
    fn begin(&mut self) {
        self.change = Change::default();
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "changes" => map.next_value_seed(Each(&mut self.change)),
            _ => skip(map),
        }
    }

    fn end(&mut self) {
        let seen = self.change.kinds;
        self.kinds.messages |= seen.messages;
        self.kinds.statuses |= seen.statuses;
        // An entry without a change is kept as news of the account.
        self.kinds.account |= seen.account || seen.is_unknown();
    }

    fn odd(&mut self) {
        self.kinds.account = true;
    }
}

#[derive(Default)]
struct Change {
    kinds: Kinds,
    kept_whole: bool,
    value: Value,
}

impl Look for Change {
    fn begin(&mut self) {
        self.kept_whole = false;
        self.value = Value::default();
        self.value.echoes.are_echoes = true;
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "field" => {
                self.kept_whole = holds(map, |field| KEPT_WHOLE.contains(&field))?;
                Ok(())
            }
            "value" => map.next_value_seed(One(&mut self.value)),
            _ => skip(map),
        }
    }

    fn end(&mut self) {
        let value = &self.value;
        let messages = value.messages.seen || value.echoes.seen;
        let news = messages || value.statuses.seen;
        let doubtful = value.messages.doubtful || value.echoes.doubtful;
        if self.kept_whole || !news || value.rest || doubtful {
            self.kinds.account = true;
        }
        if !self.kept_whole {
            self.kinds.messages |= messages;
            self.kinds.statuses |= value.statuses.seen;
        }
    }

    fn odd(&mut self) {
        self.kinds.account = true;
    }
}

#[derive(Default)]
struct Value {
    messages: Messages,
    echoes: Messages,
    statuses: Statuses,
    /// It holds something besides messages and statuses.
    rest: bool,
}

impl Look for Value {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "messages" => map.next_value_seed(Each(&mut self.messages)),
            "message_echoes" => map.next_value_seed(Each(&mut self.echoes)),
            "statuses" => map.next_value_seed(Each(&mut self.statuses)),
            "messaging_product" | "metadata" | "contacts" => skip(map),
            _ => {
                self.rest = true;
                skip(map)
            }
        }
    }

    fn odd(&mut self) {
        self.rest = true;
    }
}

/// Whether there are messages, and whether any may be one that is not read as a message.
#[derive(Default)]
struct Messages {
    seen: bool,
    doubtful: bool,
    /// Echoes are known by whom they went to.
    are_echoes: bool,
    parts: Parts,
    addresses: Addresses,
}

/// What a message must have to be read.
#[derive(Default)]
struct Parts {
    id: bool,
    time: bool,
}

/// Whom a message names.
#[derive(Default)]
struct Addresses {
    from: bool,
    to: bool,
}

impl Look for Messages {
    fn begin(&mut self) {
        self.parts = Parts::default();
        self.addresses = Addresses::default();
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => self.parts.id = holds(map, is_id)?,
            "timestamp" => self.parts.time = holds(map, is_seconds)?,
            "from" | "from_user_id" => self.addresses.from |= holds(map, is_address)?,
            "to" | "to_user_id" => self.addresses.to |= holds(map, is_address)?,
            "group_id" => {
                self.doubtful = true;
                skip(map)?;
            }
            _ => skip(map)?,
        }
        Ok(())
    }

    fn end(&mut self) {
        self.seen = true;
        let person = self.addresses.from && (self.addresses.to || !self.are_echoes);
        self.doubtful |= !(self.parts.id && self.parts.time && person);
    }

    fn odd(&mut self) {
        self.doubtful = true;
    }
}

fn is_address(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

/// Twelve digits of seconds reach far beyond any date that the parser takes.
fn is_seconds(text: &str) -> bool {
    (1..12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[derive(Default)]
struct Statuses {
    seen: bool,
}

impl Look for Statuses {
    fn field<'de, A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
        skip(map)
    }

    fn end(&mut self) {
        self.seen = true;
    }

    fn odd(&mut self) {
        self.seen = true;
    }
}
