//! A broker for one test: real, with names of its own, gone afterwards.

use std::time::Duration;

use anyhow::Context;
use lapin::message::Delivery;
use lapin::options::{BasicGetOptions, BasicNackOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ConnectionProperties};
use prometheus::Registry;
use secrecy::SecretString;
use shared::broker::topology::Names;
use shared::broker::{Broker, BrokerConfig, Metrics, Queue};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Should a test die before it cleans up, its queues remove themselves after this.
const EXPIRES: Duration = Duration::from_mins(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// A broker whose queues nobody else uses, and a second way to look into them.
pub struct TestBroker {
    /// What is under test.
    pub broker: Broker,
    /// Where it counts.
    pub registry: Registry,
    stop: CancellationToken,
    tracker: TaskTracker,
    names: Names,
    side: Connection,
}

impl TestBroker {
    /// Starts one at the address of the real broker.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_via(&url()).await
    }

    /// Starts one that reaches the broker by another address, for instance through a proxy.
    pub async fn start_via(address: &str) -> anyhow::Result<Self> {
        let prefix = format!("t{:08x}.", rand::random::<u32>());
        let config = BrokerConfig {
            url: SecretString::from(address),
            prefix: prefix.clone(),
            connection_name: "test".to_owned(),
            expires: Some(EXPIRES),
        };
        let registry = Registry::new();
        let metrics = Metrics::register(&registry)?;
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let broker = Broker::start(&config, metrics, &tracker, &stop)?;
        tokio::time::timeout(CONNECT_LIMIT, broker.connected()).await.context("no broker")??;
        Ok(Self {
            broker,
            registry,
            stop,
            tracker,
            names: Names::new(&prefix)?,
            side: Connection::connect(&url(), ConnectionProperties::default()).await?,
        })
    }

    /// Takes every dead letter of `queue`.
    pub async fn dead(&self, queue: Queue) -> anyhow::Result<Vec<Delivery>> {
        self.take_from(self.names.dead(queue)).await
    }

    /// Why each dead letter of `queue` is there.
    pub async fn reasons(&self, queue: Queue) -> anyhow::Result<Vec<String>> {
        Ok(self.dead(queue).await?.iter().map(reason).collect())
    }

    /// Takes every message that waits in `queue`.
    pub async fn waiting(&self, queue: Queue) -> anyhow::Result<Vec<Delivery>> {
        self.take_from(self.names.queue(queue)).await
    }

    /// Lets the first delivery of `queue` come back unsettled `times` times, as if its process had died.
    pub async fn send_back(&self, queue: Queue, times: usize) -> anyhow::Result<()> {
        let channel = self.channel().await?;
        for _ in 0..times {
            let name = self.names.queue(queue);
            let got = channel.basic_get(name, BasicGetOptions::default()).await?;
            let requeue = BasicNackOptions { requeue: true, multiple: false };
            got.context("nothing to send back")?.nack(requeue).await?;
        }
        Ok(())
    }

    /// A channel of a connection that is not under test.
    pub async fn channel(&self) -> anyhow::Result<Channel> {
        Ok(self.side.create_channel().await?)
    }

    /// The sum of a counter or gauge over the series that have all of `labels`.
    pub fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let families = self.registry.gather();
        let series = families
            .iter()
            .filter(|family| family.name() == name)
            .flat_map(prometheus::proto::MetricFamily::get_metric);
        let wanted = series.filter(|metric| {
            labels.iter().all(|(key, value)| {
                let has = |pair: &prometheus::proto::LabelPair| pair.name() == *key && pair.value() == *value;
                metric.get_label().iter().any(has)
            })
        });
        wanted.map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value()).sum()
    }

    /// Removes what was declared, and closes the connections.
    pub async fn delete(self) -> anyhow::Result<()> {
        self.broker.delete_topology().await?;
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
        Ok(())
    }

    async fn take_from(&self, queue: ShortString) -> anyhow::Result<Vec<Delivery>> {
        let channel = self.channel().await?;
        let mut taken = Vec::new();
        let options = BasicGetOptions { no_ack: true };
        while let Some(message) = channel.basic_get(queue.clone(), options).await? {
            taken.push(message.delivery);
        }
        Ok(taken)
    }
}

fn reason(delivery: &Delivery) -> String {
    let headers = delivery.properties.headers().as_ref().map(FieldTable::inner);
    match headers.and_then(|headers| headers.get("x-loa-reason")) {
        Some(AMQPValue::LongString(reason)) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        _ => String::new(),
    }
}

/// The address of the real broker, from `RABBITMQ_URL`.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration of their own")]
pub fn url() -> String {
    std::env::var("RABBITMQ_URL").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}
