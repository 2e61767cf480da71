//! A webhook request as it was accepted, before anyone read it.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::channel::Channel;
use crate::domain::ids::EventId;
use crate::domain::trace::TraceParent;

/// One accepted webhook request.
#[derive(Clone, PartialEq)]
pub struct RawEvent {
    /// What is known of it besides its body.
    pub head: EventHead,
    /// The bytes as the platform sent and signed them.
    pub body: Bytes,
}

impl fmt::Debug for RawEvent {
    /// Leaves the body out: it is a customer's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent").field("head", &self.head).field("bytes", &self.body.len()).finish()
    }
}

/// What the ingress knew when it accepted an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventHead {
    /// Made by the ingress; the same in every log line from webhook to reply.
    pub id: EventId,
    /// The platform whose shape the body has.
    pub channel: Channel,
    /// What the body holds.
    pub kinds: Kinds,
    /// The name, in the configuration, of the app whose secret signed it.
    pub app: String,
    /// When the ingress had the whole body; the zero of every age.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub received_at: DateTime<Utc>,
    /// Its place in its trace ([`TraceParent`]): the request's own, else one that the ingress began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

impl EventHead {
    /// Its place in its trace; where none reads, the beginning of one that bears the event's id.
    pub fn trace(&self) -> TraceParent {
        let told = self.traceparent.as_deref().and_then(|text| text.parse().ok());
        told.unwrap_or_else(|| TraceParent::root(self.id.into()))
    }

    /// The key under which the event goes to the `events` exchange, as `{channel}.{kinds}`.
    pub fn routing_key(&self) -> String {
        format!("{}.{}", self.channel, self.kinds)
    }
}

/// What a body holds, as far as its routing needs to know. None of the three is `unknown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kinds {
    /// Messages from customers.
    pub messages: bool,
    /// News of messages that were sent.
    pub statuses: bool,
    /// News of the account itself.
    pub account: bool,
}

impl Kinds {
    /// A body that could not be classified.
    pub const UNKNOWN: Self = Self { messages: false, statuses: false, account: false };

    /// Whether nothing is known of the body.
    pub fn is_unknown(self) -> bool {
        self == Self::UNKNOWN
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(self.messages, "messages"), (self.statuses, "statuses"), (self.account, "account")];
        let mut held = names.iter().filter(|(held, _)| *held).map(|(_, name)| *name);
        let Some(first) = held.next() else {
            return f.write_str("unknown");
        };
        f.write_str(first)?;
        held.try_for_each(|name| write!(f, ".{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_in_one_order() {
        let all = Kinds { messages: true, statuses: true, account: true };
        assert_eq!(all.to_string(), "messages.statuses.account");
        assert_eq!(Kinds { statuses: true, ..Kinds::UNKNOWN }.to_string(), "statuses");
        assert_eq!(Kinds::UNKNOWN.to_string(), "unknown");
    }
}
