//! Outages: of what a worker depends on, and of the broker itself.

use std::sync::Arc;

use shared::broker::Queue;
use shared::broker::consume::{Consume, Unfinished, drain, run};
use tests::broker::{TestBroker, url};
use tests::proxy::Proxy;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::scripted::{Scripted, until, wake};

const CONSUME: Consume = Consume { prefetch: 20, max_batch: 10, concurrency: 2 };

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_holds_everything_and_sets_nothing_aside() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Arc::new(Scripted::new());
    worker.set_away(true);
    test.broker.publisher().wake(Queue::Flow, (0..30).map(wake)).await?;
    let stop = CancellationToken::new();
    let running = TaskTracker::new().spawn({
        let (worker, broker, stop) = (Arc::clone(&worker), test.broker.clone(), stop.clone());
        async move { run(worker, &broker, CONSUME, stop).await }
    });
    until("some probes", || worker.probes() >= 3).await;
    assert!(worker.done().is_empty());
    assert!(test.metric("loa_broker_held_batches", &[]) > 0.0);
    worker.set_away(false);
    until("the backlog", || worker.done().len() >= 30).await;
    stop.cancel();
    running.await?;
    assert_eq!(worker.done(), (0..30).collect::<Vec<_>>());
    assert!(test.dead(Queue::Flow).await?.is_empty());
    for outcome in ["retried", "parked"] {
        let count = test.metric("loa_broker_tasks_total", &[("outcome", outcome)]);
        assert!(count == 0.0, "{outcome}");
    }
    let again = test.metric("loa_broker_deliveries_total", &[("delivery", "again")]);
    assert!(again == 0.0, "nothing went back to the queue");
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_holds_a_batch_stops_at_once() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Arc::new(Scripted::new());
    worker.set_away(true);
    test.broker.publisher().wake(Queue::Flow, [wake(1)]).await?;
    let stop = CancellationToken::new();
    let running = TaskTracker::new().spawn({
        let (worker, broker, stop) = (Arc::clone(&worker), test.broker.clone(), stop.clone());
        async move { run(worker, &broker, CONSUME, stop).await }
    });
    until("a batch in hand", || worker.probes() >= 1).await;
    stop.cancel();
    running.await?;
    worker.set_away(false);
    assert_eq!(drain(worker, &test.broker).await?, 1);
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_says_that_the_worker_is_unavailable() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Arc::new(Scripted::new());
    worker.set_away(true);
    test.broker.publisher().wake(Queue::Flow, [wake(1)]).await?;
    let result = drain(worker, &test.broker).await;
    assert!(matches!(result, Err(Unfinished::Unavailable(_))), "{result:?}");
    test.delete().await
}

/// Publishes until the broker confirms, as callers do.
async fn insist(test: &TestBroker, number: u128) {
    while test.broker.publisher().wake(Queue::Flow, [wake(number)]).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_loses_nothing() -> anyhow::Result<()> {
    let address: lapin::uri::AMQPUri = url().parse().map_err(anyhow::Error::msg)?;
    let target = format!("{}:{}", address.authority.host, address.authority.port);
    let proxy = Proxy::to(target.clone()).await?;
    let through = url().replace(&target, &proxy.address().to_string());
    let test = TestBroker::start_via(&through).await?;
    let worker = Arc::new(Scripted::new());
    let stop = CancellationToken::new();
    let running = TaskTracker::new().spawn({
        let (worker, broker, stop) = (Arc::clone(&worker), test.broker.clone(), stop.clone());
        async move { run(worker, &broker, CONSUME, stop).await }
    });
    for number in 0..300 {
        if number % 100 == 50 {
            proxy.cut();
        }
        insist(&test, number).await;
    }
    let handled = || {
        let mut done = worker.done();
        done.dedup();
        done
    };
    until("everything", || handled().len() == 300).await;
    assert!(test.broker.is_connected());
    stop.cancel();
    running.await?;
    drain(worker, &test.broker).await?;
    assert!(test.dead(Queue::Flow).await?.is_empty());
    test.delete().await
}
