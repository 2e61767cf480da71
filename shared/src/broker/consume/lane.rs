//! Consumes a queue: one lane for each batch in hand at once, each with a channel of its own.
//!
//! A lane handles its batches one after another, so its acknowledgements are always of everything up to a delivery.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, BasicGetOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Consumer};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::connection::Broker;
use super::batch::{Batch, is_suspect};
use super::handle::{Handler, Patience, Unfinished};
use super::settle::Settler;
use super::task::Task;
use super::worker::{Consume, Worker};
use crate::retry::Delays;

const FIRST_RETURN: Duration = Duration::from_millis(200);
const LONGEST_RETURN: Duration = Duration::from_secs(10);
/// To subscribe, or to say goodbye: a broker that is slower is not there.
const BROKER_LIMIT: Duration = Duration::from_secs(10);
/// Runs `worker` over its queue until `stop`, then finishes the batches in hand and returns.
///
/// It outlives the broker: when the connection is back, it subscribes again. A caller with a deadline drops the
/// future, and what was in hand is delivered again.
pub async fn run<W: Worker>(worker: Arc<W>, broker: &Broker, consume: Consume, stop: CancellationToken) {
    let mut lanes = JoinSet::new();
    for _ in 0..consume.concurrency.max(1) {
        let lane = Lane { worker: Arc::clone(&worker), broker: broker.clone(), consume, stop: stop.clone() };
        lanes.spawn(lane.run());
    }
    while let Some(ended) = lanes.join_next().await {
        if let Err(error) = ended
            && let Ok(panic) = error.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

struct Lane<W> {
    worker: Arc<W>,
    broker: Broker,
    consume: Consume,
    stop: CancellationToken,
}

impl<W: Worker> Lane<W> {
    async fn run(self) {
        let mut delays = Delays::new(FIRST_RETURN, LONGEST_RETURN);
        loop {
            let error = match self.subscribed(&mut delays).await {
                Ok(()) | Err(Unfinished::Stopped) => return,
                Err(error) => error,
            };
            tracing::warn!(worker = W::NAME, %error, "left the queue, and comes back to it");
            if self.stop.run_until_cancelled(sleep(delays.next_delay())).await.is_none() {
                return;
            }
        }
    }

    /// Works on one subscription until it ends; `Ok` when the process stops.
    async fn subscribed(&self, delays: &mut Delays) -> Result<(), Unfinished> {
        let Some(channel) = self.stop.run_until_cancelled(self.channel()).await else {
            return Ok(());
        };
        let channel = channel?;
        let handler = handler(&self.worker, &self.broker, channel.clone(), Patience::Until(self.stop.clone()));
        let worked = self.work(&handler, &channel, delays).await;
        // Closing gives back what lies unsettled, once, however long the outage lasts from here.
        let _ = timeout(BROKER_LIMIT, channel.close(200, "done".into())).await;
        if let Err(Unfinished::Unavailable(_)) = &worked {
            self.stop.run_until_cancelled(handler.answered()).await;
        }
        worked
    }

    async fn work(&self, handler: &Handler<W>, channel: &Channel, delays: &mut Delays) -> Result<(), Unfinished> {
        if let Some(first) = self.first(channel).await? {
            handler.process(first).await?;
        }
        let mut source = self.subscribe(channel).await?;
        loop {
            let batch = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(()),
                batch = source.batch(self.consume.max_batch) => batch?,
            };
            handler.process(batch).await?;
            delays.reset();
        }
    }

    /// The delivery at the head of the queue, by itself. A process that a delivery killed meets it here again, and
    /// nothing lies unsettled beside it that would count as having come back too.
    async fn first(&self, channel: &Channel) -> Result<Option<Batch<W::Task>>, Unfinished> {
        let queue = self.broker.names().queue(W::QUEUE);
        let got = in_time(channel.basic_get(queue, BasicGetOptions::default())).await?;
        Ok(got.map(|message| {
            let mut batch = Batch::new();
            batch.add(message.delivery);
            batch
        }))
    }

    async fn channel(&self) -> Result<Channel, Unfinished> {
        let connection = self.broker.consuming().connected().await?;
        in_time(connection.create_channel()).await
    }

    async fn subscribe(&self, channel: &Channel) -> Result<Source, Unfinished> {
        let prefetch = self.consume.prefetch.max(1);
        in_time(channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let queue = self.broker.names().queue(W::QUEUE);
        let consumer = in_time(channel.basic_consume(
            queue,
            ShortString::default(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        ))
        .await?;
        Ok(Source { consumer, ahead: None })
    }
}

/// Deliveries of one subscription.
struct Source {
    consumer: Consumer,
    /// A suspect that was met while a batch was taken: it is the next batch.
    ahead: Option<Delivery>,
}

impl Source {
    /// Waits for a delivery and takes what else is ready: it grows with the backlog and is one when idle. A suspect
    /// is a batch by itself.
    ///
    /// Nothing is lost when this future is dropped: it waits before it takes.
    async fn batch<T: Task>(&mut self, max: usize) -> Result<Batch<T>, Unfinished> {
        let mut batch = Batch::new();
        let first = self.next().await?;
        let alone = is_suspect(&first);
        batch.add(first);
        while !alone && !batch.is_full(max) {
            let Some(delivery) = self.ready()? else { break };
            if is_suspect(&delivery) {
                self.ahead = Some(delivery);
                break;
            }
            batch.add(delivery);
        }
        Ok(batch)
    }

    async fn next(&mut self) -> Result<Delivery, Unfinished> {
        if let Some(delivery) = self.ahead.take() {
            return Ok(delivery);
        }
        let next = self.consumer.next().await;
        Ok(next.ok_or(Unfinished::Ended)??)
    }

    /// A delivery that is there already. The end of the subscription is told by [`next`](Self::next).
    fn ready(&mut self) -> Result<Option<Delivery>, Unfinished> {
        let next = self.consumer.next().now_or_never().flatten();
        Ok(next.transpose()?)
    }
}

/// What works off the batches of `channel`.
pub(super) fn handler<W: Worker>(worker: &Arc<W>, broker: &Broker, channel: Channel, patience: Patience) -> Handler<W> {
    let settler = Settler {
        worker: W::NAME,
        queue: W::QUEUE,
        channel,
        publisher: broker.publisher().clone(),
        names: broker.names().clone(),
        metrics: broker.metrics().clone(),
        acknowledged: AtomicU64::new(0),
    };
    Handler { worker: Arc::clone(worker), settler, patience }
}

async fn in_time<T>(answer: impl Future<Output = lapin::Result<T>>) -> Result<T, Unfinished> {
    let answered = timeout(BROKER_LIMIT, answer).await;
    Ok(answered.map_err(|_| Unfinished::Silent)??)
}
