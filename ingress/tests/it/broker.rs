//! The whole ingress before a real broker.

use std::net::SocketAddr;
use std::time::Duration;

use ::ingress::Settings;
use prometheus::Registry;
use shared::config::Reader;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::lifecycle::{Lifecycle, Process, Settings as _};
use shared::ops::Readiness;

use crate::client::Client;
use crate::payload::{META_SECRET, TEXT, signed};
use crate::queue::{broker_url, prefix, take_all};

pub(crate) fn process() -> Process {
    Process { lifecycle: Lifecycle::default(), registry: Registry::new(), readiness: Readiness::default() }
}

pub(crate) async fn start(process: &Process, url: &str, prefix: &str, more: &[(&str, &str)]) -> SocketAddr {
    let variables = [
        ("LISTEN_ADDR", "127.0.0.1:0"),
        ("WHATSAPP_APP_SECRET", META_SECRET),
        ("RABBITMQ_URL", url),
        ("RABBITMQ_PREFIX", prefix),
    ];
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    let settings = Settings::read(&mut Reader::of(variables.iter().chain(more).map(owned))).unwrap();
    ::ingress::start(settings, process).await.unwrap()
}

pub(crate) async fn until_ready(process: &Process) {
    let ready = async {
        while !process.readiness.ask().await.0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let ready = tokio::time::timeout(Duration::from_secs(20), ready);
    assert!(ready.await.is_ok(), "{}", process.readiness.ask().await.1);
}

pub(crate) async fn stop(process: &Process) {
    process.lifecycle.stopping.cancel();
    assert!(process.lifecycle.finish(Duration::from_secs(20)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_event_is_in_the_queue_with_its_head() {
    let (url, prefix) = (broker_url(), prefix());
    let began = clock::now();
    let process = process();
    let addr = start(&process, &url, &prefix, &[]).await;
    until_ready(&process).await;

    let mut client = Client::connect(addr).await;
    client.send(signed(TEXT)).await;
    assert_eq!(client.reply().await.status, 200);
    // With the connection still open.
    stop(&process).await;

    let [event] = take_all(url, prefix).await.try_into().unwrap();
    assert_eq!(event.body, TEXT);
    assert_eq!(event.head.channel, Channel::WhatsApp);
    assert_eq!(event.head.routing_key(), "whatsapp.messages");
    assert_eq!(event.head.app, "default");
    assert!(event.head.received_at >= began);
    assert!(event.head.traceparent.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_broker_it_is_not_ready_and_every_webhook_is_503() {
    let process = process();
    // Port 9 of this machine: nobody listens there.
    let addr = start(&process, "amqp://guest:guest@127.0.0.1:9", "it-nobody.", &[]).await;
    let (ready, said) = process.readiness.ask().await;
    assert!(!ready);
    assert_eq!(said["checks"]["events"], "not connected to the broker");

    let mut client = Client::connect(addr).await;
    client.send(signed(TEXT)).await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("5")));
    drop(client);
    stop(&process).await;
}
