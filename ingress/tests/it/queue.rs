//! What has arrived in the real broker.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use prometheus::Registry;
use secrecy::SecretString;
use shared::broker::consume::{Failure, Worker, drain};
use shared::broker::{Broker, BrokerConfig, Metrics, Queue};
use shared::config::Reader;
use shared::domain::ids::EventId;
use shared::events::raw::RawEvent;
use shared::lifecycle::Lifecycle;

/// Collects what the queue of messages holds.
#[derive(Default)]
struct Collect(Mutex<Vec<RawEvent>>);

impl Worker for Collect {
    const NAME: &'static str = "collect";
    const QUEUE: Queue = Queue::Persist;
    type Task = RawEvent;

    async fn handle(&self, batch: &[RawEvent]) -> Result<(), Failure> {
        self.0.lock().unwrap().extend_from_slice(batch);
        Ok(())
    }

    async fn probe(&self) -> bool {
        true
    }
}

pub(crate) fn broker_url() -> String {
    let set: Option<String> = Reader::from_env().optional(&shared::config::variables::RABBITMQ_URL);
    match set {
        Some(url) if url.contains("://") => url,
        Some(address) => format!("amqp://guest:guest@{address}"),
        None => "amqp://guest:guest@localhost:5672".to_owned(),
    }
}

/// Names of its own for a test.
pub(crate) fn prefix() -> String {
    format!("it-ingress-{}.", EventId::new())
}

/// Empties the queue of messages, and removes all that has the names of `prefix`.
pub(crate) async fn take_all(url: String, prefix: String) -> Vec<RawEvent> {
    let reader = Lifecycle::default();
    let config =
        BrokerConfig { url: SecretString::from(url), prefix, connection_name: "test".to_owned(), expires: None };
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let broker = Broker::start(&config, metrics, &reader.tasks, &reader.stopping).unwrap();
    let collect = Arc::new(Collect::default());
    drain(Arc::clone(&collect), &broker).await.unwrap();
    // A connection that comes up later would declare everything again.
    broker.connected().await.unwrap();
    broker.delete_topology().await.unwrap();
    reader.stopping.cancel();
    assert!(reader.finish(Duration::from_secs(10)).await);
    std::mem::take(&mut *collect.0.lock().unwrap())
}
