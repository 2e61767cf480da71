//! X: which families of events a body holds, in the shape of the Account Activity API or of its
//! successor, which wraps it in `data`.

use serde::de::MapAccess;

use super::Classify;
use super::walk::{Each, Look, One, holds, is_id, is_millis, skip};
use crate::events::raw::Kinds;

#[derive(Default)]
pub(super) struct Body {
    kinds: Kinds,
    data: Data,
}

impl Classify for Body {
    fn kinds(&self) -> Kinds {
        self.kinds
    }
}

impl Look for Body {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "data" => map.next_value_seed(One(&mut self.data)),
            "for_user_id" | "users" | "apps" | "includes" => skip(map),
            _ => family(key, &mut self.kinds, map),
        }
    }

    fn end(&mut self) {
        let seen = self.data.kinds;
        self.kinds.messages |= seen.messages;
        self.kinds.statuses |= seen.statuses;
        self.kinds.account |= seen.account;
    }
}

/// Takes a family of events.
fn family<'de, A: MapAccess<'de>>(name: &str, kinds: &mut Kinds, map: &mut A) -> Result<(), A::Error> {
    match name {
        "direct_message_events" => {
            let mut events = Events::default();
            map.next_value_seed(Each(&mut events))?;
            kinds.messages |= events.seen;
            kinds.account |= events.doubtful;
            Ok(())
        }
        "direct_message_mark_read_events" => {
            kinds.statuses = true;
            skip(map)
        }
        _ => {
            kinds.account = true;
            skip(map)
        }
    }
}

/// Whether there are messages, and whether any of them may be one that does not read.
#[derive(Default)]
struct Events {
    seen: bool,
    doubtful: bool,
    parts: Parts,
}

/// What a message must have to be read.
#[derive(Default)]
struct Parts {
    id: bool,
    time: bool,
    create: Create,
}

impl Look for Events {
    fn begin(&mut self) {
        self.parts = Parts::default();
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => self.parts.id = holds(map, is_id)?,
            "created_timestamp" => self.parts.time = holds(map, is_millis)?,
            "message_create" => map.next_value_seed(One(&mut self.parts.create))?,
            _ => skip(map)?,
        }
        Ok(())
    }

    fn end(&mut self) {
        self.seen = true;
        let Parts { id, time, create } = &self.parts;
        self.doubtful |= !(*id && *time && create.sender && create.target.named);
    }

    fn odd(&mut self) {
        self.doubtful = true;
    }
}

#[derive(Default)]
struct Create {
    sender: bool,
    target: Target,
}

impl Look for Create {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "sender_id" => {
                self.sender = holds(map, is_id)?;
                Ok(())
            }
            "target" => map.next_value_seed(One(&mut self.target)),
            _ => skip(map),
        }
    }
}

#[derive(Default)]
struct Target {
    named: bool,
}

impl Look for Target {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if key != "recipient_id" {
            return skip(map);
        }
        self.named = holds(map, is_id)?;
        Ok(())
    }
}

#[derive(Default)]
struct Data {
    kinds: Kinds,
    payload: Payload,
}

impl Look for Data {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "event_type" => {
                self.kinds.messages |= holds(map, is_conversation)?;
                Ok(())
            }
            "payload" => map.next_value_seed(One(&mut self.payload)),
            _ => skip(map),
        }
    }

    fn end(&mut self) {
        let seen = self.payload.kinds;
        self.kinds.messages |= seen.messages;
        self.kinds.statuses |= seen.statuses;
        self.kinds.account |= seen.account || !(seen.messages || seen.statuses);
    }

    fn odd(&mut self) {
        self.kinds.account = true;
    }
}

fn is_conversation(event: &str) -> bool {
    event.starts_with("dm.") || event.starts_with("chat.")
}

#[derive(Default)]
struct Payload {
    kinds: Kinds,
}

impl Look for Payload {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "users" | "apps" => skip(map),
            _ => family(key, &mut self.kinds, map),
        }
    }
}
