//! Takes what was parked out of the broker, and puts it back.
//!
//! Dead letters wait in `<queue>.dead`. Whoever takes them acknowledges when it has them in safety; until then the
//! broker has them too, and gives them out again when the taker is gone.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicGetOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel};
use tokio::time::timeout;
use uuid::Uuid;

use super::connection::{Broker, Stopped};
use super::message::{Headers, Outgoing, integer};
use super::publish::{PublishError, Publisher};
use super::topology::{Exchange, Names, Queue};
use crate::domain::clock;
use crate::domain::deterministic::dead_letter_id;
use crate::events::dead_letter::{Circumstances, DeadLetter, Death};

/// Bodies past this are left for the next time; one body may be as large as it is.
const MOST_BYTES: usize = 16 << 20;
/// For one answer of the broker.
const LIMIT: Duration = Duration::from_secs(10);

/// Dead letters that were taken, and are still the broker's.
#[derive(Debug)]
pub struct Dead {
    /// What was taken, oldest first.
    pub letters: Vec<DeadLetter>,
    channel: Channel,
    last: u64,
}

impl Broker {
    /// Takes at most `most` dead letters of `queue`.
    pub async fn take_dead(&self, queue: Queue, most: usize) -> Result<Dead, TakeError> {
        let connection = self.consuming().connected().await?;
        let channel = in_time(connection.create_channel()).await?;
        let mut dead = Dead { letters: Vec::new(), channel, last: 0 };
        let (name, mut bytes) = (self.names().dead(queue), 0);
        while dead.letters.len() < most && bytes < MOST_BYTES {
            let got = in_time(dead.channel.basic_get(name.clone(), BasicGetOptions::default())).await?;
            let Some(message) = got else { break };
            dead.last = message.delivery.delivery_tag;
            bytes += message.delivery.data.len();
            dead.letters.push(read(self.names(), queue, message.delivery));
        }
        Ok(dead)
    }
}

impl Dead {
    /// Takes them off the broker: they are in safety elsewhere.
    pub async fn acknowledge(self) -> Result<(), TakeError> {
        // Nothing but these was ever delivered on the channel.
        if self.last > 0 {
            in_time(self.channel.basic_ack(self.last, BasicAckOptions { multiple: true })).await?;
        }
        self.release().await
    }

    /// Leaves what is not acknowledged to the broker. Dropping them does the same, a little later.
    pub async fn release(self) -> Result<(), TakeError> {
        in_time(self.channel.close(200, "done".into())).await
    }
}

impl Publisher {
    /// Publishes `letter` to the queue it died in, as a first attempt and without the record of its deaths; the
    /// broker has it when this returns.
    pub async fn put_back(&self, letter: &DeadLetter) -> Result<(), PutBackError> {
        let queue = Queue::named(&letter.queue).ok_or_else(|| PutBackError::NoQueue(letter.queue.clone()))?;
        let circumstances = &letter.circumstances;
        let key = self.names().queue(queue).to_string();
        let content_type = circumstances.content_type.clone();
        let again = Outgoing {
            message_id: letter.message_id.clone().unwrap_or_default(),
            events: circumstances.events,
            received_at: letter.received_at,
            traceparent: circumstances.traceparent.clone(),
            put_backs: letter.put_backs,
            ..Outgoing::new(Exchange::Default, key, content_type, letter.body.clone())
        };
        Ok(self.publish(again).await?)
    }
}

fn read(names: &Names, queue: Queue, delivery: Delivery) -> DeadLetter {
    let headers = Headers::read(&delivery.properties);
    let deaths = deaths(&delivery.properties);
    let died_at = headers.parked_at.or_else(|| deaths.first()?.at).unwrap_or_else(clock::now);
    let by_broker = || format!("the broker gave it up: {}", deaths.first().map_or("no reason given", |d| &d.reason));
    let received_at = headers.received_at.filter(storable);
    let body = Bytes::from(delivery.data);
    DeadLetter {
        id: dead_letter_id(queue.name(), &headers.message_id, &body, own_time(&headers)),
        queue: queue.name().to_owned(),
        reason: headers.reason.unwrap_or_else(by_broker),
        attempts: headers.attempt,
        received_at,
        died_at: Some(died_at).filter(storable).unwrap_or_else(clock::now),
        put_backs: headers.put_backs,
        circumstances: Circumstances {
            content_type: headers.content_type,
            events: headers.events,
            worker: headers.worker,
            traceparent: headers.traceparent,
            deaths: deaths.into_iter().map(|death| without_prefix(names, death)).collect(),
        },
        message_id: Some(headers.message_id).filter(|id| !id.is_empty()),
        body,
    }
}

/// A time that the message carries through all its deaths; the first of all times where it has none.
fn own_time(headers: &Headers) -> DateTime<Utc> {
    let of_id = || {
        let (seconds, nanos) = Uuid::parse_str(&headers.message_id).ok()?.get_timestamp()?.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    };
    headers.received_at.filter(storable).or_else(of_id).unwrap_or_default()
}

/// Whether it lies in our age: what a broken header names may be a time that no database takes.
fn storable(at: &DateTime<Utc>) -> bool {
    (0..=253_402_300_799).contains(&at.timestamp())
}

/// The broker's record, `x-death`: one table a queue and reason, latest first.
fn deaths(properties: &BasicProperties) -> Vec<Death> {
    let headers = properties.headers().as_ref();
    let record = headers.and_then(|headers| headers.inner().get("x-death")).and_then(AMQPValue::as_array);
    let lines = record.map_or(&[][..], |record| record.as_slice());
    lines.iter().filter_map(AMQPValue::as_field_table).map(death).collect()
}

fn death(line: &FieldTable) -> Death {
    let value = |key| line.inner().get(key);
    let text = |key| match value(key) {
        Some(AMQPValue::LongString(text)) => text.to_string(),
        Some(AMQPValue::ShortString(text)) => text.to_string(),
        _ => String::new(),
    };
    let at = match value("time") {
        Some(AMQPValue::Timestamp(seconds)) => i64::try_from(*seconds).ok(),
        _ => None,
    };
    Death {
        queue: text("queue"),
        reason: text("reason"),
        count: value("count").and_then(integer).unwrap_or(1),
        at: at.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).filter(storable),
    }
}

fn without_prefix(names: &Names, death: Death) -> Death {
    let queue = death.queue.strip_prefix(names.prefix()).unwrap_or(&death.queue).to_owned();
    Death { queue, ..death }
}

pub(super) async fn in_time<T>(answer: impl Future<Output = lapin::Result<T>>) -> Result<T, TakeError> {
    Ok(timeout(LIMIT, answer).await.map_err(|_| TakeError::Silent)??)
}

/// Why dead letters could not be taken, or taken off.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// There is no connection any more.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// No answer in time.
    #[error("the broker did not answer in time")]
    Silent,
    /// The broker would not.
    #[error(transparent)]
    Broker(#[from] lapin::Error),
}

/// Why a dead letter is not known to be back in its queue.
#[derive(Debug, thiserror::Error)]
pub enum PutBackError {
    /// This build knows no such queue.
    #[error("there is no queue `{0}`")]
    NoQueue(String),
    /// The broker does not have it.
    #[error(transparent)]
    Publish(#[from] PublishError),
}
