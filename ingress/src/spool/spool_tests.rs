//! Events keep their order, whichever way they go.

use std::time::Duration;

use crate::gather::Publish;
use crate::keeping::Keeping;

use super::disk::RealDisk;
use super::fake_broker::{FakeBroker, Mood, Running, message, names, settings};
use super::{Settings, Way};

/// Keeps one message after another, as the lane of a routing key does; the broker changes its mood meanwhile.
async fn keep_all(running: &Running, broker: &FakeBroker, moods: &[Mood]) -> Vec<String> {
    let keeping = Keeping::new(broker.clone(), Some(running.spool.clone()));
    let mut words = Vec::new();
    for mood in moods {
        broker.set(*mood);
        for _ in 0..100 {
            let word = format!("{}", words.len());
            keeping.publish(message(&word)).await.unwrap();
            words.push(word);
        }
    }
    words
}

#[tokio::test]
async fn a_broker_that_takes_what_it_is_given_leaves_the_spool_alone() {
    let (directory, broker) = (tempfile::tempdir().unwrap(), FakeBroker::new(Mood::Takes));
    let running = Running::start(directory.path(), &broker).await;
    let words = keep_all(&running, &broker, &[Mood::Takes]).await;
    assert_eq!(broker.taken(), words);
    assert_eq!(running.metric("loa_ingress_spool_spooled_events_total"), 0);
    assert_eq!(running.metric("loa_ingress_spool_sync_seconds_count"), 0);
    running.stop().await;
}

#[tokio::test]
async fn none_overtakes_another_when_the_broker_goes_and_comes_back_under_load() {
    let (directory, broker) = (tempfile::tempdir().unwrap(), FakeBroker::new(Mood::Takes));
    let running = Running::start(directory.path(), &broker).await;
    let moods =
        [Mood::Takes, Mood::Gone, Mood::Takes, Mood::Takes, Mood::Refuses, Mood::Takes, Mood::Gone, Mood::Takes];
    let words = keep_all(&running, &broker, &moods).await;
    running.emptied().await;
    assert_eq!(broker.taken(), words);
    assert!(names(directory.path()).is_empty());
    let [spooled, drained] =
        ["spooled", "drained"].map(|what| running.metric(&format!("loa_ingress_spool_{what}_events_total")));
    assert!(spooled >= 300 && spooled == drained, "{spooled} spooled, {drained} drained");
    assert_eq!(running.metric("loa_ingress_spool_state"), 0);
    assert_eq!(running.metric("loa_ingress_spool_oldest_timestamp_seconds"), 0);
    running.stop().await;
}

#[tokio::test]
async fn many_at_once_share_a_sync() {
    let (directory, broker) = (tempfile::tempdir().unwrap(), FakeBroker::new(Mood::Gone));
    let running = Running::start(directory.path(), &broker).await;
    let words: Vec<String> = (0..100).map(|number| format!("{number:03}")).collect();
    let kept = words.iter().map(|word| running.spool.append(running.spool.admit(), message(word)));
    let kept = futures::future::join_all(kept).await;
    assert!(kept.iter().all(Result::is_ok));
    assert!(running.metric("loa_ingress_spool_sync_seconds_count") < 50);
    assert_eq!(running.metric("loa_ingress_spool_events"), 100);
    assert_ne!(running.metric("loa_ingress_spool_oldest_timestamp_seconds"), 0);
    broker.set(Mood::Takes);
    running.emptied().await;
    assert_eq!(broker.taken(), words);
    running.stop().await;
}

#[tokio::test]
async fn who_waits_for_the_hand_over_does_not_wait_for_a_broker_that_stalls() {
    let (directory, broker) = (tempfile::tempdir().unwrap(), FakeBroker::new(Mood::Gone));
    let running = Running::start(directory.path(), &broker).await;
    for word in ["one", "two"] {
        running.spool.append(running.spool.admit(), message(word)).await.unwrap();
    }
    running.spool.shared.switch.drained(0);
    let way = tokio::time::timeout(Duration::from_secs(5), running.spool.way()).await.unwrap();
    assert!(matches!(way, Way::Spool(_)));
    drop(way);
    broker.set(Mood::Takes);
    running.emptied().await;
    assert_eq!(broker.taken(), ["one", "two"]);
    running.stop().await;
}

#[tokio::test]
async fn a_spool_of_many_segments_is_emptied_and_cleared_away() {
    let (directory, broker) = (tempfile::tempdir().unwrap(), FakeBroker::new(Mood::Gone));
    // Sealing as much takes long in a build for tests.
    let settings = Settings { master: None, ..settings(directory.path()) };
    let running = Running::with(Box::new(RealDisk), settings, &broker).await;
    let words: Vec<String> = (0..12).map(|number| format!("{number:02}").repeat(500_000)).collect();
    for word in &words {
        running.spool.append(running.spool.admit(), message(word)).await.unwrap();
    }
    assert!(names(directory.path()).len() > 1);
    broker.set(Mood::Takes);
    running.emptied().await;
    assert!(broker.taken() == words);
    assert!(names(directory.path()).is_empty());
    running.stop().await;
}
