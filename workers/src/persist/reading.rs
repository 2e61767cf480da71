//! What a batch of raw events says, before anything is looked up. Pure.

use chrono::{DateTime, Utc};
use shared::channels;
use shared::channels::contract::{NewMessage, Parsed};
use shared::domain::channel::Channel;
use shared::domain::deterministic;
use shared::domain::ids::MessageId;
use shared::domain::trace::TraceId;
use shared::events::raw::RawEvent;
use shared::store::unclaimed::keep::{Reason, Unclaimed};

/// A message and where it was read.
#[derive(Clone, Debug)]
pub struct ReadMessage {
    /// The place in the batch of the event that told it.
    pub event: usize,
    /// Its own place in that event.
    pub position: i32,
    /// When the ingress had the event.
    pub received_at: DateTime<Utc>,
    /// The trace of the event.
    pub trace: TraceId,
    /// The row it is to be.
    pub id: MessageId,
    /// What was told; large, and passed on from step to step.
    pub message: Box<NewMessage>,
}

/// What a batch says.
#[derive(Debug, Default)]
pub struct Reading<'a> {
    /// The batch.
    pub events: &'a [RawEvent],
    /// Messages, in the order they were told.
    pub messages: Vec<ReadMessage>,
    /// Events of which something would be lost if they were not kept.
    pub unreadable: Vec<Unclaimed<'a>>,
}

impl Reading<'_> {
    /// The account that `read` came to, as the platform calls it.
    pub fn account<'a>(&self, read: &'a ReadMessage) -> (Channel, &'a str) {
        (self.events[read.event].head.channel, &read.message.account)
    }
}

/// Reads `events`.
pub fn read(events: &[RawEvent]) -> Reading<'_> {
    let mut reading = Reading { events, ..Reading::default() };
    for (place, event) in events.iter().enumerate() {
        match channels::parse(event.head.channel, &event.body) {
            Ok(parsed) => {
                if let Some(detail) = left_over(event, &parsed) {
                    reading.unreadable.push(unreadable(event, detail));
                }
                let (received_at, trace) = (event.head.received_at, event.head.trace().trace);
                reading.messages.extend(parsed.messages.into_iter().zip(0..).map(|(message, position)| {
                    let id = message_id(event.head.channel, &message);
                    ReadMessage { event: place, position, received_at, trace, id, message: Box::new(message) }
                }));
            }
            Err(error) => reading.unreadable.push(unreadable(event, error.to_string())),
        }
    }
    reading
}

fn message_id(channel: Channel, message: &NewMessage) -> MessageId {
    deterministic::message_id(channel, &message.account, &message.platform_id, message.sent_at)
}

/// What nobody else will see: an event that says nothing, or news of accounts and statuses in an
/// event that was not routed to the status tracker too.
fn left_over(event: &RawEvent, parsed: &Parsed) -> Option<String> {
    if parsed.is_empty() {
        return Some("nothing in it is known".to_owned());
    }
    let kinds = event.head.kinds;
    let routed = kinds.statuses || kinds.account;
    let others = parsed.statuses.len() + parsed.account.len();
    if routed || others == 0 {
        return None;
    }
    let fields: Vec<&str> = parsed.account.iter().map(|update| update.field.as_str()).collect();
    Some(format!("{others} parts are no messages: {}", fields.join(", ")))
}

fn unreadable(event: &RawEvent, detail: String) -> Unclaimed<'_> {
    Unclaimed { event, account: String::new(), reason: Reason::Unreadable, detail: Some(detail) }
}
