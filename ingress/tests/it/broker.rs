//! The whole ingress before a real broker.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::ingress::Settings;
use prometheus::Registry;
use secrecy::SecretString;
use shared::broker::consume::{Failure, Worker, drain};
use shared::broker::{Broker, BrokerConfig, Metrics, Queue};
use shared::config::Reader;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::events::raw::RawEvent;
use shared::lifecycle::{Lifecycle, Process, Settings as _};
use shared::ops::Readiness;

use crate::client::Client;
use crate::payload::{META_SECRET, TEXT, signed};

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

fn broker_url() -> String {
    let set: Option<String> = Reader::from_env().optional(&shared::config::variables::RABBITMQ_URL);
    match set {
        Some(url) if url.contains("://") => url,
        Some(address) => format!("amqp://guest:guest@{address}"),
        None => "amqp://guest:guest@localhost:5672".to_owned(),
    }
}

fn process() -> Process {
    Process { lifecycle: Lifecycle::default(), registry: Registry::new(), readiness: Readiness::default() }
}

async fn start(process: &Process, url: &str, prefix: &str) -> SocketAddr {
    let variables = [
        ("LISTEN_ADDR", "127.0.0.1:0"),
        ("WHATSAPP_APP_SECRET", META_SECRET),
        ("RABBITMQ_URL", url),
        ("RABBITMQ_PREFIX", prefix),
    ];
    let owned = variables.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let settings = Settings::read(&mut Reader::of(owned)).unwrap();
    ::ingress::start(settings, process).await.unwrap()
}

async fn until_ready(process: &Process) {
    let ready = async {
        while !process.readiness.ask().await.0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let ready = tokio::time::timeout(Duration::from_secs(20), ready);
    assert!(ready.await.is_ok(), "{}", process.readiness.ask().await.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_event_is_in_the_queue_with_its_head() {
    let (url, prefix) = (broker_url(), format!("it-ingress-{}.", EventId::new()));
    let began = clock::now();
    let process = process();
    let addr = start(&process, &url, &prefix).await;
    until_ready(&process).await;

    let mut client = Client::connect(addr).await;
    client.send(signed(TEXT)).await;
    assert_eq!(client.reply().await.status, 200);
    // With the connection still open.
    process.lifecycle.stopping.cancel();
    assert!(process.lifecycle.finish(Duration::from_secs(10)).await);

    let reader = Lifecycle::default();
    let config =
        BrokerConfig { url: SecretString::from(url), prefix, connection_name: "test".to_owned(), expires: None };
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let broker = Broker::start(&config, metrics, &reader.tasks, &reader.stopping).unwrap();
    let collect = Arc::new(Collect::default());
    assert_eq!(drain(Arc::clone(&collect), &broker).await.unwrap(), 1);
    // A connection that comes up later would declare everything again.
    broker.connected().await.unwrap();
    broker.delete_topology().await.unwrap();

    let [event] = std::mem::take(&mut *collect.0.lock().unwrap()).try_into().unwrap();
    assert_eq!(event.body, TEXT);
    assert_eq!(event.head.channel, Channel::WhatsApp);
    assert_eq!(event.head.routing_key(), "whatsapp.messages");
    assert_eq!(event.head.app, "default");
    assert!(event.head.received_at >= began);
    assert!(event.head.traceparent.is_some());
    reader.stopping.cancel();
    assert!(reader.finish(Duration::from_secs(10)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_broker_it_is_not_ready_and_every_webhook_is_503() {
    let process = process();
    // Port 9 of this machine: nobody listens there.
    let addr = start(&process, "amqp://guest:guest@127.0.0.1:9", "it-nobody.").await;
    let (ready, said) = process.readiness.ask().await;
    assert!(!ready);
    assert_eq!(said["checks"]["events"], "not connected to the broker");

    let mut client = Client::connect(addr).await;
    client.send(signed(TEXT)).await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("5")));
    drop(client);
    process.lifecycle.stopping.cancel();
    assert!(process.lifecycle.finish(Duration::from_secs(10)).await);
}
