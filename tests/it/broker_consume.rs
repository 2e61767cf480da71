//! What becomes of a task: done, tried again, set aside.

use std::sync::Arc;

use bytes::Bytes;
use lapin::message::Delivery;
use shared::broker::consume::{Consume, Worker, drain, run};
use shared::broker::topology::Exchange;
use shared::broker::{Broker, Outgoing, Queue};
use tests::broker::TestBroker;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::scripted::{Fate, Scripted, number, until, wake};

const CONSUME: Consume = Consume { prefetch: 100, max_batch: 50, concurrency: 1 };

fn start<W: Worker>(worker: &Arc<W>, broker: &Broker, consume: Consume) -> (JoinHandle<()>, CancellationToken) {
    let stop = CancellationToken::new();
    let (worker, broker, token) = (Arc::clone(worker), broker.clone(), stop.clone());
    let running = TaskTracker::new().spawn(async move { run(worker, &broker, consume, token).await });
    (running, stop)
}

fn header(delivery: &Delivery, key: &str) -> String {
    let headers = delivery.properties.headers().as_ref().expect("headers").inner();
    let value = &headers[key];
    let text = value.as_long_string().map(ToString::to_string);
    text.or_else(|| value.as_long_long_int().map(|n| n.to_string())).expect("a text or a number")
}

fn parked_number(delivery: &Delivery) -> u128 {
    number(&serde_json::from_slice(&delivery.data).expect("a wake-up"))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_published_is_handled_once_and_acknowledged() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Arc::new(Scripted::new());
    let (running, stop) = start(&worker, &test.broker, CONSUME);
    for chunk in [0..100_u128, 100..500] {
        test.broker.publisher().wake(Queue::Flow, chunk.map(wake)).await?;
    }
    until("all", || worker.done().len() >= 500).await;
    stop.cancel();
    running.await?;
    assert_eq!(worker.done(), (0..500).collect::<Vec<_>>());
    assert_eq!(drain(worker, &test.broker).await?, 0);
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn several_lanes_share_a_queue() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Arc::new(Scripted::gated());
    let lanes = Consume { prefetch: 1, max_batch: 1, concurrency: 4 };
    test.broker.publisher().wake(Queue::Flow, (0..8).map(wake)).await?;
    let (running, stop) = start(&worker, &test.broker, lanes);
    until("four at once", || worker.entered() == 4).await;
    (0..8).for_each(|_| worker.let_go());
    until("all", || worker.done().len() == 8).await;
    stop.cancel();
    running.await?;
    assert!(worker.batches().iter().all(|batch| batch.len() == 1));
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_to_be_tried_again_comes_home_after_a_second() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Scripted::new().with(7, [Fate::Retry]);
    let (running, stop) = start(&worker, &test.broker, CONSUME);
    let began = std::time::Instant::now();
    test.broker.publisher().wake(Queue::Flow, [wake(7)]).await?;
    until("the second attempt", || worker.done() == [7]).await;
    assert!(began.elapsed().as_millis() >= 1_000);
    assert_eq!(worker.entered(), 2);
    stop.cancel();
    running.await?;
    assert!(test.dead(Queue::Flow).await?.is_empty());
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_counts_its_attempt() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Scripted::new().with(7, [Fate::Retry, Fate::Park]);
    let (running, stop) = start(&worker, &test.broker, CONSUME);
    test.broker.publisher().wake(Queue::Flow, [wake(7)]).await?;
    until("both attempts", || worker.entered() == 2).await;
    stop.cancel();
    running.await?;
    let dead = test.dead(Queue::Flow).await?;
    assert_eq!(dead.len(), 1);
    assert_eq!(header(&dead[0], "x-loa-attempt"), "2");
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_tried_too_often_is_parked_with_its_reason() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Scripted::new().with(7, [Fate::Retry]);
    let key = test.broker.names().queue(Queue::Flow).to_string();
    let body = serde_json::to_vec(&wake(7))?.into();
    let last = Outgoing { attempt: 5, ..Outgoing::new(Exchange::Work, key, "application/json", body) };
    test.broker.publisher().publish(last).await?;
    assert_eq!(drain(worker, &test.broker).await?, 1);
    let dead = test.dead(Queue::Flow).await?;
    assert_eq!(dead.len(), 1);
    assert_eq!(header(&dead[0], "x-loa-reason"), "tried too often: not yet");
    assert_eq!(header(&dead[0], "x-loa-worker"), "scripted");
    assert_eq!(header(&dead[0], "x-loa-attempt"), "5");
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_decode_is_parked_as_it_came() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let key = test.broker.names().queue(Queue::Flow).to_string();
    let nonsense = Bytes::from_static(b"nonsense");
    let message = Outgoing::new(Exchange::Work, key, "text/plain", nonsense.clone());
    test.broker.publisher().publish(message).await?;
    test.broker.publisher().wake(Queue::Flow, [wake(1)]).await?;
    let worker = Arc::new(Scripted::new());
    drain(Arc::clone(&worker), &test.broker).await?;
    assert_eq!(worker.done(), [1]);
    let dead = test.dead(Queue::Flow).await?;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].data, nonsense);
    assert!(header(&dead[0], "x-loa-reason").starts_with("does not decode"));
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_task_among_fifty_is_parked_alone() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Scripted::new().with(23, [Fate::Park]);
    test.broker.publisher().wake(Queue::Flow, (0..50).map(wake)).await?;
    assert_eq!(drain(Arc::clone(&worker), &test.broker).await?, 50);
    let dead = test.dead(Queue::Flow).await?;
    assert_eq!(dead.iter().map(parked_number).collect::<Vec<_>>(), [23]);
    assert_eq!(worker.done(), (0..50).filter(|n| *n != 23).collect::<Vec<_>>());
    assert!(worker.entered() <= 13, "halving takes about two calls a level");
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_panics_is_parked_and_the_worker_lives_on() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Scripted::new().with(2, [Fate::Panic, Fate::Panic]);
    let (running, stop) = start(&worker, &test.broker, CONSUME);
    test.broker.publisher().wake(Queue::Flow, (1..=3).map(wake)).await?;
    until("the others", || worker.done() == [1, 3]).await;
    test.broker.publisher().wake(Queue::Flow, [wake(4)]).await?;
    until("what came later", || worker.done() == [1, 3, 4]).await;
    stop.cancel();
    running.await?;
    let dead = test.dead(Queue::Flow).await?;
    assert_eq!(dead.iter().map(parked_number).collect::<Vec<_>>(), [2]);
    assert_eq!(header(&dead[0], "x-loa-reason"), "panicked");
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_waits_for_the_task_in_hand() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let worker = Arc::new(Scripted::gated());
    test.broker.publisher().wake(Queue::Flow, [wake(1)]).await?;
    let (running, stop) = start(&worker, &test.broker, CONSUME);
    until("the task in hand", || worker.entered() == 1).await;
    stop.cancel();
    test.broker.publisher().wake(Queue::Flow, [wake(2)]).await?;
    assert!(!running.is_finished());
    worker.let_go();
    running.await?;
    assert_eq!(worker.done(), [1]);
    let rest = Arc::new(Scripted::new());
    drain(Arc::clone(&rest), &test.broker).await?;
    assert_eq!(rest.done(), [2], "acknowledged what was in hand, left the rest");
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_came_back_three_times_is_handled_alone() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    test.broker.publisher().wake(Queue::Flow, [wake(1)]).await?;
    test.send_back(Queue::Flow, 3).await?;
    test.broker.publisher().wake(Queue::Flow, [wake(2), wake(3)]).await?;
    let worker = Arc::new(Scripted::new());
    drain(Arc::clone(&worker), &test.broker).await?;
    let alone = worker.batches().into_iter().find(|batch| batch.contains(&1));
    assert_eq!(alone, Some(vec![1]));
    assert_eq!(worker.done(), [1, 2, 3]);
    test.delete().await
}
