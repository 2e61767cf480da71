//! Makes the topology so: declaring it again changes nothing, whichever process does it.

use std::time::Duration;

use lapin::options::{
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};

use super::topology::{Delay, Exchange, Names, Queue};

/// Times a delivery may come back unsettled before the broker itself parks it. A process that dies counts once,
/// and so does every delivery that lay unsettled in that process.
const DELIVERY_LIMIT: i64 = 20;
/// What was parked or waits to be tried again; past it the broker refuses, and the task stays where it came from.
const SET_ASIDE_BYTES: i64 = 4 << 30;

/// Declares every exchange, queue and binding of `names`.
///
/// With `expires`, queues that nobody uses for so long remove themselves.
pub(super) async fn declare(channel: &Channel, names: &Names, expires: Option<Duration>) -> lapin::Result<()> {
    for (exchange, kind) in exchanges() {
        let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
        let name = names.exchange(exchange);
        channel.exchange_declare(name, kind, durable, FieldTable::default()).await?;
    }
    for queue in Queue::ALL.iter().copied() {
        declare_dead(channel, names, queue, expires).await?;
        declare_queue(channel, names, queue, expires).await?;
    }
    for delay in Delay::ALL {
        declare_delay(channel, names, delay, expires).await?;
    }
    Ok(())
}

/// Removes everything of `names`, messages included.
pub(super) async fn delete(channel: &Channel, names: &Names) -> lapin::Result<()> {
    let queues = Queue::ALL.iter().flat_map(|queue| [names.queue(*queue), names.dead(*queue)]);
    for queue in queues.chain(Delay::ALL.map(|delay| names.delay(delay))) {
        channel.queue_delete(queue, QueueDeleteOptions::default()).await?;
    }
    for (exchange, _) in exchanges() {
        let name = names.exchange(exchange);
        channel.exchange_delete(name, ExchangeDeleteOptions::default()).await?;
    }
    Ok(())
}

fn exchanges() -> impl Iterator<Item = (Exchange, ExchangeKind)> {
    let delays = Delay::ALL.map(|delay| (Exchange::Delay(delay), ExchangeKind::Fanout));
    [
        (Exchange::Events, ExchangeKind::Topic),
        (Exchange::Work, ExchangeKind::Direct),
        (Exchange::Dead, ExchangeKind::Direct),
    ]
    .into_iter()
    .chain(delays)
}

async fn declare_queue(channel: &Channel, names: &Names, queue: Queue, expires: Option<Duration>) -> lapin::Result<()> {
    let name = names.queue(queue);
    let mut arguments = quorum(queue.bytes(), expires);
    put(&mut arguments, "x-delivery-limit", DELIVERY_LIMIT);
    dead_letter_to(&mut arguments, &names.exchange(Exchange::Dead));
    put_text(&mut arguments, "x-dead-letter-routing-key", name.as_str());
    create(channel, name.clone(), arguments).await?;
    let exchange = names.exchange(queue.exchange());
    if queue.topics().is_empty() {
        return bind(channel, &name, &exchange, name.clone()).await;
    }
    for topic in queue.topics() {
        bind(channel, &name, &exchange, (*topic).into()).await?;
    }
    Ok(())
}

/// Dead letters have no delivery limit: an operator who reads them would use it up, and the message would be lost.
async fn declare_dead(channel: &Channel, names: &Names, queue: Queue, expires: Option<Duration>) -> lapin::Result<()> {
    let name = names.dead(queue);
    create(channel, name.clone(), quorum(SET_ASIDE_BYTES, expires)).await?;
    let exchange = names.exchange(Exchange::Dead);
    bind(channel, &name, &exchange, names.queue(queue)).await
}

/// What waits out its time goes to the default exchange under the routing key it came with, which is the name of
/// the queue it left: so every queue shares the same few delays.
async fn declare_delay(channel: &Channel, names: &Names, delay: Delay, expires: Option<Duration>) -> lapin::Result<()> {
    let name = names.delay(delay);
    let mut arguments = quorum(SET_ASIDE_BYTES, expires);
    put(&mut arguments, "x-message-ttl", millis(delay.duration()));
    dead_letter_to(&mut arguments, &names.exchange(Exchange::Default));
    create(channel, name.clone(), arguments).await?;
    let exchange = names.exchange(Exchange::Delay(delay));
    bind(channel, &name, &exchange, ShortString::default()).await
}

async fn create(channel: &Channel, name: ShortString, arguments: FieldTable) -> lapin::Result<()> {
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(name, durable, arguments).await?;
    Ok(())
}

async fn bind(channel: &Channel, queue: &ShortString, exchange: &ShortString, key: ShortString) -> lapin::Result<()> {
    let options = QueueBindOptions::default();
    let none = FieldTable::default();
    channel.queue_bind(queue.clone(), exchange.clone(), key, options, none).await
}

/// A replicated queue that refuses rather than drops when it is full.
fn quorum(bytes: i64, expires: Option<Duration>) -> FieldTable {
    let mut arguments = FieldTable::default();
    put_text(&mut arguments, "x-queue-type", "quorum");
    put_text(&mut arguments, "x-overflow", "reject-publish");
    put(&mut arguments, "x-max-length-bytes", bytes);
    if let Some(expires) = expires {
        put(&mut arguments, "x-expires", millis(expires));
    }
    arguments
}

/// Dead-letters at least once. `RabbitMQ` does so only together with `reject-publish`; without it the strategy is
/// off, and it says so in its log alone.
fn dead_letter_to(arguments: &mut FieldTable, exchange: &ShortString) {
    put_text(arguments, "x-dead-letter-strategy", "at-least-once");
    put_text(arguments, "x-dead-letter-exchange", exchange.as_str());
}

fn put(arguments: &mut FieldTable, key: &str, value: i64) {
    arguments.insert(key.into(), AMQPValue::LongLongInt(value));
}

fn put_text(arguments: &mut FieldTable, key: &str, value: &str) {
    arguments.insert(key.into(), AMQPValue::LongString(value.into()));
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
