//! The only place where the fate of a task touches the broker: publish it elsewhere, or acknowledge it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use lapin::Channel;
use lapin::options::BasicAckOptions;
use prometheus::IntGauge;
use tokio::time::{sleep, timeout};

use super::super::message::{Outgoing, Parked};
use super::super::metrics::Metrics;
use super::super::publish::{PublishError, Publisher};
use super::super::topology::{Delay, Exchange, Names, Queue};
use super::batch::{Batch, Taken, Unreadable};
use super::handle::Unfinished;
use super::task::{CodecError, Task};
use super::worker::Failure;
use crate::domain::clock;

/// How often a held batch checks that its channel is still there.
const GLANCE: Duration = Duration::from_secs(1);

/// An acknowledgement that is not out by then never will be; its delivery comes again.
const ACK_LIMIT: Duration = Duration::from_secs(10);

/// Settles the tasks of one worker, for the deliveries of one channel.
pub(super) struct Settler {
    pub(super) worker: &'static str,
    pub(super) queue: Queue,
    pub(super) channel: Channel,
    pub(super) publisher: Publisher,
    pub(super) names: Names,
    pub(super) metrics: Metrics,
    /// The tag up to which nothing on the channel is unsettled. A gap stops it for good: an acknowledgement of
    /// several would take in the missing delivery, which nobody handled.
    pub(super) acknowledged: AtomicU64,
}

/// A message that settles a task once it is confirmed.
pub(super) struct Settlement {
    message: Outgoing,
    outcome: &'static str,
}

/// Counts a held batch for as long as it lives.
pub(super) struct Holding(IntGauge);

impl Drop for Holding {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Settler {
    /// Sends the task round through `delay`, as its next attempt.
    pub(super) fn retry<T: Task>(
        &self,
        batch: &Batch<T>,
        index: usize,
        delay: Delay,
        failure: Option<Failure>,
    ) -> Result<Settlement, CodecError> {
        let origin = batch.origin(index);
        let attempt = origin.headers.attempt;
        tracing::warn!(
            worker = self.worker,
            attempt,
            message_id = origin.headers.message_id,
            failure = failure.map(|failure| failure.to_string()),
            "trying again after {}",
            delay.name()
        );
        let mut message = self.task(batch, index, Exchange::Delay(delay))?;
        message.attempt = attempt + 1;
        Ok(Settlement { message, outcome: "retried" })
    }

    /// Sets the task aside for a person to see.
    pub(super) fn park<T: Task>(
        &self,
        batch: &Batch<T>,
        index: usize,
        failure: Option<Failure>,
    ) -> Result<Settlement, CodecError> {
        let message = self.task(batch, index, Exchange::Dead)?;
        Ok(self.parked(message, reason(failure)))
    }

    /// Sends the task back to its queue in a message of its own.
    pub(super) fn alone<T: Task>(&self, batch: &Batch<T>, index: usize) -> Result<Settlement, CodecError> {
        let message = self.task(batch, index, Exchange::Default)?;
        Ok(Settlement { message, outcome: "split" })
    }

    /// Sets a delivery aside as it came.
    pub(super) fn unreadable<T>(&self, batch: &Batch<T>, unreadable: &Unreadable) -> Settlement {
        let origin = &batch.deliveries[unreadable.origin];
        let content_type = origin.headers.content_type.clone();
        let body = unreadable.body.clone();
        let message = self.outgoing(Exchange::Dead, content_type, body, origin);
        self.parked(message, unreadable.reason.clone())
    }

    /// Publishes what settles a task, once.
    pub(super) async fn publish(&self, settlement: &Settlement) -> Result<(), PublishError> {
        self.publisher.publish(settlement.message.clone()).await?;
        self.tasks(settlement.outcome, 1);
        Ok(())
    }

    /// Acknowledges every delivery of the batch: with one frame where nothing else lies between them.
    pub(super) async fn acknowledge<T>(&self, batch: &Batch<T>) -> Result<(), Unfinished> {
        let Some(last) = batch.deliveries.last() else {
            return Ok(());
        };
        let before = self.acknowledged.load(Ordering::Relaxed);
        if follows(before, &batch.deliveries) {
            self.ack(last, true).await?;
            self.acknowledged.store(last.tag, Ordering::Relaxed);
            return Ok(());
        }
        for taken in &batch.deliveries {
            self.ack(taken, false).await?;
        }
        Ok(())
    }

    /// Through the channel, not through the delivery's own acker: that one goes by a task of lapin's, and now and
    /// then, just after a connection came back, is never answered.
    async fn ack(&self, taken: &Taken, multiple: bool) -> Result<(), Unfinished> {
        let acknowledged = self.channel.basic_ack(taken.tag, BasicAckOptions { multiple });
        let acknowledged = timeout(ACK_LIMIT, acknowledged).await;
        Ok(acknowledged.map_err(|_| Unfinished::Silent)??)
    }

    /// Counts tasks that were handled.
    pub(super) fn done(&self, tasks: usize) {
        self.tasks("acked", tasks);
    }

    /// Counts a batch as it is taken in hand.
    pub(super) fn count<T>(&self, batch: &Batch<T>) {
        let again = |taken: &&Taken| taken.headers.delivery_count > 0;
        let again = batch.deliveries.iter().filter(again).count();
        let deliveries = |delivery, count: usize| {
            let counter = &self.metrics.deliveries;
            counter.with_label_values(&[self.worker, delivery]).inc_by(count as u64);
        };
        deliveries("again", again);
        deliveries("first", batch.deliveries.len() - again);
        let tasks = u32::try_from(batch.tasks.len()).unwrap_or(u32::MAX);
        let histogram = &self.metrics.batch_tasks;
        histogram.with_label_values(&[self.worker]).observe(tasks.into());
    }

    /// Counts a held batch until the result is dropped.
    pub(super) fn holding(&self) -> Holding {
        let gauge = self.metrics.unavailable.with_label_values(&[self.worker]);
        gauge.inc();
        Holding(gauge)
    }

    /// Returns when the channel is gone, and with it the right to settle.
    pub(super) async fn lost(&self) {
        while self.channel.status().connected() {
            sleep(GLANCE).await;
        }
    }

    fn parked(&self, mut message: Outgoing, reason: String) -> Settlement {
        tracing::error!(worker = self.worker, message_id = message.message_id, reason, "parked a task");
        message.parked = Some(Parked { reason, worker: self.worker, at: clock::now() });
        Settlement { message, outcome: "parked" }
    }

    /// One task of the batch in a message of its own.
    fn task<T: Task>(&self, batch: &Batch<T>, index: usize, exchange: Exchange) -> Result<Outgoing, CodecError> {
        let task = &batch.tasks[index];
        let body = task.encode()?;
        let content_type = T::CONTENT_TYPE.to_owned();
        let mut message = self.outgoing(exchange, content_type, body, batch.origin(index));
        if let Some(id) = task.id() {
            message.message_id = id;
        }
        if let Some(at) = task.received_at() {
            message.received_at = Some(at);
        }
        if let Some(traceparent) = task.traceparent() {
            message.traceparent = Some(traceparent.to_owned());
        }
        Ok(message)
    }

    fn outgoing(&self, exchange: Exchange, content_type: String, body: Bytes, origin: &Taken) -> Outgoing {
        let home = self.names.queue(self.queue).to_string();
        Outgoing {
            message_id: origin.headers.message_id.clone(),
            received_at: origin.headers.received_at,
            traceparent: origin.headers.traceparent.clone(),
            attempt: origin.headers.attempt,
            put_backs: origin.headers.put_backs,
            ..Outgoing::new(exchange, home, content_type, body)
        }
    }

    fn tasks(&self, outcome: &str, count: usize) {
        let counter = &self.metrics.tasks;
        counter.with_label_values(&[self.worker, outcome]).inc_by(count as u64);
    }
}

/// Whether the deliveries follow on `before` and on one another.
fn follows(before: u64, deliveries: &[Taken]) -> bool {
    let tags = deliveries.iter().map(|taken| taken.tag);
    tags.zip(before + 1..).all(|(tag, expected)| tag == expected)
}

/// What a person reads on a parked task.
fn reason(failure: Option<Failure>) -> String {
    match failure {
        Some(Failure::Park(error)) => format!("{error:#}"),
        Some(Failure::Retry(error)) => format!("tried too often: {error:#}"),
        Some(failure @ Failure::Unavailable(_)) => failure.to_string(),
        None => "no reason given".to_owned(),
    }
}
