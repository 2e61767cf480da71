//! A message on its way to the broker, and what its headers say on the way back.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use super::topology::Exchange;
use crate::domain::ids::EventId;
use crate::events::envelope::{self, EnvelopeError};
use crate::events::raw::RawEvent;

const RECEIVED_AT: &str = "received-at";
const EVENTS: &str = "events";
const TRACEPARENT: &str = "traceparent";
const ATTEMPT: &str = "x-loa-attempt";
const REASON: &str = "x-loa-reason";
const WORKER: &str = "x-loa-worker";
const PARKED_AT: &str = "x-loa-parked-at";
const PUT_BACKS: &str = "x-loa-put-backs";
/// Set by quorum queues: how often the delivery came back unsettled.
const DELIVERY_COUNT: &str = "x-delivery-count";

const PERSISTENT: u8 = 2;
/// A reason is read by a person; the whole story is in the log.
const LONGEST_REASON: usize = 500;

/// A message to publish.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where it goes.
    pub exchange: Exchange,
    /// How the exchange finds its queues; at most 255 bytes.
    pub routing_key: String,
    /// What the queue's worker decodes.
    pub body: Bytes,
    /// How the body is laid out.
    pub content_type: String,
    /// Names the message in the broker and in logs.
    pub message_id: String,
    /// How many tasks the body carries.
    pub events: u32,
    /// When the oldest of them was accepted from outside; the zero of every age.
    pub received_at: Option<DateTime<Utc>>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// Which attempt at the task this is, counted from one.
    pub attempt: u32,
    /// Why it was parked, where it was.
    pub parked: Option<Parked>,
    /// How often a person has put it back after it died.
    pub put_backs: u32,
}

/// Why and by whom a task was parked.
#[derive(Clone, Debug)]
pub struct Parked {
    /// What failed; cut to 500 bytes when published.
    pub reason: String,
    /// The worker that gave it up.
    pub worker: &'static str,
    /// When.
    pub at: DateTime<Utc>,
}

impl Outgoing {
    /// A first attempt at `body`, with an identifier of its own.
    pub fn new(
        exchange: Exchange,
        routing_key: impl Into<String>,
        content_type: impl Into<String>,
        body: Bytes,
    ) -> Self {
        Self {
            exchange,
            routing_key: routing_key.into(),
            body,
            content_type: content_type.into(),
            message_id: EventId::new().to_string(),
            events: 1,
            received_at: None,
            traceparent: None,
            attempt: 1,
            parked: None,
            put_backs: 0,
        }
    }

    /// One raw event in an envelope of its own, under its routing key.
    pub fn event(event: &RawEvent) -> Result<Self, EnvelopeError> {
        Self::events(&[event])
    }

    /// Raw events of one routing key in one envelope. It bears the name of the first, and the time of the
    /// oldest; each keeps its own in its head, its trace too.
    pub fn events(events: &[&RawEvent]) -> Result<Self, EnvelopeError> {
        let (first, rest) = events.split_first().ok_or(EnvelopeError::Empty)?;
        let body = envelope::encode(events.iter().copied())?;
        let key = first.head.routing_key();
        Ok(Self {
            message_id: first.head.id.to_string(),
            events: u32::try_from(events.len()).unwrap_or(u32::MAX),
            received_at: events.iter().map(|event| event.head.received_at).min(),
            traceparent: first.head.traceparent.clone().filter(|_| rest.is_empty()),
            ..Self::new(Exchange::Events, key, envelope::CONTENT_TYPE, body)
        })
    }

    /// Its AMQP properties. They are made afresh for every publish: a message put back with the broker's own
    /// `x-death` would be dropped at its next hop.
    pub(super) fn properties(&self) -> BasicProperties {
        let mut headers = FieldTable::default();
        headers.insert(EVENTS.into(), AMQPValue::LongLongInt(self.events.into()));
        headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(self.attempt.into()));
        if let Some(at) = self.received_at {
            let micros = at.timestamp_micros();
            headers.insert(RECEIVED_AT.into(), AMQPValue::LongLongInt(micros));
        }
        if let Some(traceparent) = &self.traceparent {
            headers.insert(TRACEPARENT.into(), text(traceparent));
        }
        if let Some(parked) = &self.parked {
            headers.insert(REASON.into(), text(bounded(&parked.reason)));
            headers.insert(WORKER.into(), text(parked.worker));
            headers.insert(PARKED_AT.into(), AMQPValue::LongLongInt(parked.at.timestamp_micros()));
        }
        if self.put_backs > 0 {
            headers.insert(PUT_BACKS.into(), AMQPValue::LongLongInt(self.put_backs.into()));
        }
        BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_message_id(short(&self.message_id))
            .with_content_type(short(&self.content_type))
            .with_headers(headers)
    }
}

/// What the headers of a delivery say.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    pub(super) message_id: String,
    pub(super) content_type: String,
    pub(super) received_at: Option<DateTime<Utc>>,
    pub(super) traceparent: Option<String>,
    pub(super) attempt: u32,
    pub(super) delivery_count: u32,
    pub(super) events: u32,
    pub(super) put_backs: u32,
    pub(super) reason: Option<String>,
    pub(super) worker: Option<String>,
    pub(super) parked_at: Option<DateTime<Utc>>,
}

impl Headers {
    pub(super) fn read(properties: &BasicProperties) -> Self {
        let headers = properties.headers().as_ref();
        let value = |key| headers.and_then(|headers| headers.inner().get(key));
        let count = |key| value(key).and_then(integer).and_then(|n| u32::try_from(n).ok());
        let long = |key| value(key).and_then(AMQPValue::as_long_string).map(LongString::to_string);
        let moment = |key| value(key).and_then(integer).and_then(DateTime::from_timestamp_micros);
        let text = |text: &Option<ShortString>| text.as_ref().map(ToString::to_string);
        Self {
            message_id: text(properties.message_id()).unwrap_or_default(),
            content_type: text(properties.content_type()).unwrap_or_default(),
            received_at: moment(RECEIVED_AT),
            traceparent: long(TRACEPARENT),
            attempt: count(ATTEMPT).unwrap_or(1).max(1),
            delivery_count: count(DELIVERY_COUNT).unwrap_or(0),
            events: count(EVENTS).unwrap_or(1),
            put_backs: count(PUT_BACKS).unwrap_or(0),
            reason: long(REASON),
            worker: long(WORKER),
            parked_at: moment(PARKED_AT),
        }
    }
}

/// An integer of whatever width: the broker writes back the narrowest that it likes.
pub(super) fn integer(value: &AMQPValue) -> Option<i64> {
    match value {
        AMQPValue::LongLongInt(n) => Some(*n),
        AMQPValue::LongInt(n) => Some((*n).into()),
        AMQPValue::LongUInt(n) => Some((*n).into()),
        AMQPValue::ShortInt(n) => Some((*n).into()),
        AMQPValue::ShortUInt(n) => Some((*n).into()),
        AMQPValue::ShortShortInt(n) => Some((*n).into()),
        AMQPValue::ShortShortUInt(n) => Some((*n).into()),
        _ => None,
    }
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

/// A property that does not fit AMQP's 255 bytes is left empty: it only names or describes.
fn short(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_default()
}

fn bounded(reason: &str) -> &str {
    let mut end = reason.len().min(LONGEST_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock;

    #[test]
    fn what_is_written_into_headers_is_read_back() {
        let at = clock::now();
        let outgoing = Outgoing {
            received_at: Some(at),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            attempt: 3,
            ..Outgoing::new(Exchange::Work, "flow", "application/json", Bytes::new())
        };
        let headers = Headers::read(&outgoing.properties());
        assert_eq!(headers.message_id, outgoing.message_id);
        assert_eq!(headers.content_type, "application/json");
        assert_eq!(headers.received_at, Some(at));
        assert_eq!(headers.traceparent.as_deref(), Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        assert_eq!((headers.attempt, headers.delivery_count), (3, 0));
    }

    #[test]
    fn a_message_without_headers_is_a_first_attempt() {
        assert_eq!(Headers::read(&BasicProperties::default()).attempt, 1);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let reason = "ệ".repeat(400);
        assert!(bounded(&reason).len() <= LONGEST_REASON);
        assert_eq!(bounded("short"), "short");
    }
}
