//! The reference: the least that a program can do to make the same bodies as durable. One task, one
//! channel, a window of unconfirmed messages; no HTTP, no signature, no envelope.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::time::timeout;

use crate::bodies::Bodies;
use crate::figures::rate;

const CONFIRM_LIMIT: Duration = Duration::from_secs(10);
const PERSISTENT: u8 = 2;
/// As the product's own queues of raw events have it.
const DELIVERY_LIMIT: i64 = 20;
const MAX_BYTES: i64 = 4 << 30;

/// A publisher and its queue.
pub(super) struct Bare {
    channel: Channel,
    queue: ShortString,
}

impl Bare {
    /// Declares `queue` anew: replicated, bounded and refusing as the product's are.
    pub(super) async fn open(channel: Channel, queue: &str) -> anyhow::Result<Self> {
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        arguments.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
        arguments.insert("x-max-length-bytes".into(), AMQPValue::LongLongInt(MAX_BYTES));
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERY_LIMIT));
        let queue = ShortString::from(queue);
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        channel.queue_delete(queue.clone(), QueueDeleteOptions::default()).await?;
        channel.queue_declare(queue.clone(), durable, arguments).await?;
        Ok(Self { channel, queue })
    }

    /// Publishes for `lasts` with `window` messages unconfirmed at a time; confirms for a second. Empties the
    /// queue afterwards.
    pub(super) async fn drive(&self, window: usize, lasts: Duration, bodies: &Bodies) -> anyhow::Result<f64> {
        let began = Instant::now();
        let mut unconfirmed = FuturesUnordered::new();
        let mut confirmed = 0;
        loop {
            while unconfirmed.len() < window && began.elapsed() < lasts {
                unconfirmed.push(self.publish(&bodies.next()).await?);
            }
            let next = timeout(CONFIRM_LIMIT, unconfirmed.next()).await.context("RabbitMQ does not confirm")?;
            let Some(confirmation) = next else { break };
            ensure!(matches!(confirmation?, Confirmation::Ack(None)), "RabbitMQ refused a message");
            confirmed += 1;
        }
        let rate = rate(confirmed, began.elapsed());
        self.channel.queue_purge(self.queue.clone(), QueuePurgeOptions::default()).await?;
        Ok(rate)
    }

    /// Removes the queue.
    pub(super) async fn remove(&self) -> anyhow::Result<()> {
        self.channel.queue_delete(self.queue.clone(), QueueDeleteOptions::default()).await?;
        Ok(())
    }

    /// Hands `body` over; the inner future is its confirm.
    async fn publish(&self, body: &[u8]) -> lapin::Result<impl Future<Output = lapin::Result<Confirmation>> + use<>> {
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        self.channel.basic_publish(ShortString::default(), self.queue.clone(), options, body, properties).await
    }
}
