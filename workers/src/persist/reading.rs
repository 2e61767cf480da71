//! What a batch of raw events says, before anything is looked up. Pure.

use shared::channels;
use shared::channels::contract::{NewMessage, Parsed};
use shared::domain::channel::Channel;
use shared::domain::deterministic;
use shared::domain::ids::MessageId;
use shared::events::raw::RawEvent;
use shared::store::accounts::resolve::ExternalAccount;
use shared::store::unclaimed::keep::{Reason, Unclaimed};

/// A message and where it was read.
#[derive(Clone, Debug)]
pub struct ReadMessage<'a> {
    /// The event that told it.
    pub event: &'a RawEvent,
    /// Its place there.
    pub position: i32,
    /// The row it is to be.
    pub id: MessageId,
    /// What was told.
    pub message: NewMessage,
}

impl ReadMessage<'_> {
    /// The account it came to, as the platform calls it.
    pub fn account(&self) -> ExternalAccount {
        (self.event.head.channel, self.message.account.clone())
    }
}

/// What a batch says.
#[derive(Debug, Default)]
pub struct Reading<'a> {
    /// Messages, in the order they were told.
    pub messages: Vec<ReadMessage<'a>>,
    /// Events of which something would be lost if they were not kept.
    pub unreadable: Vec<Unclaimed<'a>>,
}

/// Reads `events`.
pub fn read(events: &[RawEvent]) -> Reading<'_> {
    let mut reading = Reading::default();
    for event in events {
        match channels::parse(event.head.channel, &event.body) {
            Ok(parsed) => {
                if let Some(detail) = left_over(event, &parsed) {
                    reading.unreadable.push(unreadable(event, detail));
                }
                let messages = parsed.messages.into_iter().zip(0..);
                reading.messages.extend(messages.map(|(message, position)| of_event(event, position, message)));
            }
            Err(error) => reading.unreadable.push(unreadable(event, error.to_string())),
        }
    }
    reading
}

fn of_event(event: &RawEvent, position: i32, message: NewMessage) -> ReadMessage<'_> {
    let id = message_id(event.head.channel, &message);
    ReadMessage { event, position, id, message }
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
