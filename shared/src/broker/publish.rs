//! Hands messages to the broker, and returns when they are durable.
//!
//! Every publish is persistent, `mandatory` and confirmed. While one is in flight it has a channel to itself, taken
//! from a pool of idle ones. Channels are cheap, and sharing one between tasks would blur whose confirm is whose:
//! `lapin` numbers a message and queues its frames in two steps, so two tasks may swap their numbers, and it hands a
//! returned message to whichever confirm completes next. On a channel with one message neither can happen, and a
//! caller that goes away mid-publish takes its channel with it.
//!
//! The ingress puts many events into one message in front of this ([`Outgoing::events`]).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{Channel, Confirmation};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::link::Link;
use super::message::Outgoing;
use super::metrics::Metrics;
use super::topology::{Names, Queue};
use crate::events::envelope::EnvelopeError;
use crate::events::raw::RawEvent;

/// How long a confirm may take. A healthy broker needs milliseconds; who waits longer holds a caller's request.
const CONFIRM_LIMIT: Duration = Duration::from_secs(5);
/// Messages in flight at once, and so channels; the broker allows 2,047 on a connection.
const IN_FLIGHT: usize = 256;
/// Wake-ups of one call in flight at once: a large batch leaves room for others.
const WAKES_IN_FLIGHT: usize = 64;

/// Publishes messages. Clones share the connection and its channels.
#[derive(Clone)]
pub struct Publisher {
    inner: Arc<Inner>,
    limit: Duration,
}

struct Inner {
    link: Link,
    names: Names,
    metrics: Metrics,
    room: Semaphore,
    /// Channels with nothing in flight; held for a push or a pop only.
    idle: Mutex<Vec<Channel>>,
}

impl Publisher {
    pub(super) fn new(link: Link, names: Names, metrics: Metrics) -> Self {
        let inner = Arc::new(Inner { link, names, metrics, room: Semaphore::new(IN_FLIGHT), idle: Mutex::default() });
        Self { inner, limit: CONFIRM_LIMIT }
    }

    /// The same, but a publish takes at most `limit` rather than five seconds.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Publishes `message`, and returns when the broker has it on disk.
    ///
    /// After [`PublishError::Unconfirmed`] it may be there or not: publish it again, consumers are idempotent.
    pub async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        let started = Instant::now();
        let result =
            timeout(self.limit, self.inner.publish(message)).await.unwrap_or(Err(PublishError::Unconfirmed(None)));
        let outcome = result.as_ref().err().map_or("confirmed", PublishError::name);
        let seconds = &self.inner.metrics.publishes;
        seconds.with_label_values(&[outcome]).observe(started.elapsed().as_secs_f64());
        result
    }

    pub(super) fn names(&self) -> &Names {
        &self.inner.names
    }

    /// Publishes a raw event to whom its kinds concern.
    pub async fn publish_event(&self, event: &RawEvent) -> Result<(), PublishError> {
        self.publish(Outgoing::event(event)?).await
    }

    /// Publishes wake-ups for the workers of `queue`, and returns when all are confirmed; every one is tried, and
    /// the first failure is told.
    pub async fn wake<T: Serialize>(
        &self,
        queue: Queue,
        wakes: impl IntoIterator<Item = T>,
    ) -> Result<(), PublishError> {
        let messages = wakes.into_iter().map(|wake| self.wake_message(queue, &wake)).collect::<Result<Vec<_>, _>>()?;
        let results = futures::stream::iter(messages.into_iter().map(|m| self.publish(m)))
            .buffer_unordered(WAKES_IN_FLIGHT)
            .collect::<Vec<_>>()
            .await;
        let confirmed = results.iter().filter(|result| result.is_ok()).count();
        let counter = &self.inner.metrics.wakes;
        counter.with_label_values(&[queue.name()]).inc_by(confirmed as u64);
        results.into_iter().collect()
    }

    fn wake_message<T: Serialize>(&self, queue: Queue, wake: &T) -> Result<Outgoing, PublishError> {
        let body = serde_json::to_vec(wake).map_err(PublishError::Wake)?;
        let key = self.inner.names.queue(queue).to_string();
        let body = Bytes::from(body);
        Ok(Outgoing::new(queue.exchange(), key, "application/json", body))
    }
}

impl Inner {
    async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        let key = ShortString::try_new(message.routing_key.as_str()).map_err(|_| PublishError::RoutingKey)?;
        let exchange = self.names.exchange(message.exchange);
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let properties = message.properties();
        let _room = self.room.acquire().await.ok();
        let channel = self.channel().await?;
        let confirmation = channel.basic_publish(exchange, key, options, &message.body, properties).await?.await?;
        // Only a channel whose message is settled goes back; any other closes when it is dropped.
        self.put_back(channel);
        judge(&confirmation)
    }

    /// An idle channel of the connection that is up, or a new one.
    async fn channel(&self) -> Result<Channel, PublishError> {
        let connection = self.link.current().ok_or(PublishError::NotConnected)?;
        // What is queued for a blocked connection would pile up in memory.
        if connection.status().blocked() {
            return Err(PublishError::Blocked);
        }
        while let Some(channel) = self.take_idle() {
            if channel.status().connected() {
                return Ok(channel);
            }
        }
        let unsent = |_| PublishError::NotConnected;
        let channel = connection.create_channel().await.map_err(unsent)?;
        let confirms = channel.confirm_select(ConfirmSelectOptions::default());
        confirms.await.map_err(unsent)?;
        Ok(channel)
    }

    fn take_idle(&self) -> Option<Channel> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn put_back(&self, channel: Channel) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(channel);
    }
}

/// A message that found no queue is *confirmed* and returned, so a confirm alone says nothing.
fn judge(confirmation: &Confirmation) -> Result<(), PublishError> {
    match confirmation {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) => Err(PublishError::Returned),
        Confirmation::Nack(_) => Err(PublishError::Rejected),
        Confirmation::NotRequested => Err(PublishError::Unconfirmed(None)),
    }
}

/// Why a message is not known to be in the broker.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Nothing was sent: there is no connection.
    #[error("not connected to the broker")]
    NotConnected,
    /// Nothing was sent: the broker is short of memory or disk and reads from no publisher.
    #[error("the broker blocks publishers")]
    Blocked,
    /// No answer in time, or the connection was lost before it: the broker may have the message.
    #[error("the broker did not confirm the message")]
    Unconfirmed(#[source] Option<lapin::Error>),
    /// No queue is bound for its routing key.
    #[error("the broker has no queue for the message")]
    Returned,
    /// A queue refused it: it is full, or has no leader.
    #[error("the broker refused the message")]
    Rejected,
    /// The routing key is longer than AMQP's 255 bytes.
    #[error("the routing key is longer than 255 bytes")]
    RoutingKey,
    /// The event cannot be laid out.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The wake-up cannot be written as JSON.
    #[error("the wake-up cannot be written as JSON")]
    Wake(#[source] serde_json::Error),
}

impl PublishError {
    /// Whether the broker may take the same message another time.
    pub fn may_pass(&self) -> bool {
        !matches!(self, Self::RoutingKey | Self::Envelope(_) | Self::Wake(_))
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Unconfirmed(_) => "unconfirmed",
            Self::Returned => "returned",
            Self::Rejected => "rejected",
            Self::NotConnected | Self::Blocked | Self::RoutingKey | Self::Envelope(_) | Self::Wake(_) => "unsent",
        }
    }
}

impl From<lapin::Error> for PublishError {
    fn from(error: lapin::Error) -> Self {
        Self::Unconfirmed(Some(error))
    }
}
