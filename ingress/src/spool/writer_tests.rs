//! What happens when the disk does not do what it is told.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::disk::Disk;
use super::error::NotSpooled;
use super::fake_broker::{FakeBroker, Mood, Running, message, names, settings};
use super::{Settings, Way};

const WELL: u8 = 0;
/// Half of a write gets through.
const FULL: u8 = 1;
const DOES_NOT_SYNC: u8 = 2;

#[derive(Clone, Default)]
struct Failing(Arc<AtomicU8>);

impl Failing {
    fn set(&self, how: u8) {
        self.0.store(how, Ordering::SeqCst);
    }
}

impl Disk for Failing {
    fn write(&self, file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) == FULL {
            file.write_all_at(&bytes[..bytes.len() / 2], at)?;
            return Err(ErrorKind::StorageFull.into());
        }
        file.write_all_at(bytes, at)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) == DOES_NOT_SYNC {
            return Err(io::Error::other("the disk is gone"));
        }
        file.sync_data()
    }
}

async fn append(running: &Running, word: &str) -> Result<(), NotSpooled> {
    running.spool.append(running.spool.admit(), message(word)).await
}

async fn fails_once(how: u8, segments: &[&str]) {
    let (directory, disk, broker) = (tempfile::tempdir().unwrap(), Failing::default(), FakeBroker::new(Mood::Gone));
    let running = Running::with(Box::new(disk.clone()), settings(directory.path()), &broker).await;
    append(&running, "one").await.unwrap();
    disk.set(how);
    assert!(matches!(append(&running, "lost").await, Err(NotSpooled::Disk(_))));
    assert_eq!(running.metric("loa_ingress_spool_state"), 2);
    assert!(running.spool.ready().is_err());
    disk.set(WELL);
    append(&running, "two").await.unwrap();
    assert_eq!(running.metric("loa_ingress_spool_state"), 1);
    assert!(running.spool.ready().is_ok());
    assert_eq!(names(directory.path()), segments);
    broker.set(Mood::Takes);
    running.emptied().await;
    assert_eq!(broker.taken(), ["one", "two"]);
    assert!(names(directory.path()).is_empty());
    assert_eq!(running.metric("loa_ingress_spool_damaged_total"), 0);
    running.stop().await;
}

#[tokio::test]
async fn a_full_disk_leaves_nothing_half_and_is_tried_again() {
    fails_once(FULL, &["0000000000.spool"]).await;
}

#[tokio::test]
async fn nothing_is_added_to_a_file_that_once_did_not_sync() {
    fails_once(DOES_NOT_SYNC, &["0000000000.spool", "0000000001.spool"]).await;
}

#[tokio::test]
async fn a_segment_that_cannot_be_begun_leaves_no_file_and_the_way_is_the_brokers_again() {
    for how in [FULL, DOES_NOT_SYNC] {
        let (directory, disk, broker) = (tempfile::tempdir().unwrap(), Failing::default(), FakeBroker::new(Mood::Gone));
        disk.set(how);
        let running = Running::with(Box::new(disk), settings(directory.path()), &broker).await;
        assert!(append(&running, "lost").await.is_err());
        assert!(names(directory.path()).is_empty());
        assert!(matches!(running.spool.way().await, Way::Broker));
        assert_eq!(running.metric("loa_ingress_spool_state"), 2);
        running.spool.is_not_needed();
        assert_eq!(running.metric("loa_ingress_spool_state"), 0);
        running.stop().await;
    }
}

#[tokio::test]
async fn past_its_bound_it_refuses_until_the_broker_has_taken_some() {
    let (directory, broker) = (tempfile::tempdir().unwrap(), FakeBroker::new(Mood::Gone));
    let settings = Settings { most_bytes: 20_000, ..settings(directory.path()) };
    let running = Running::with(Box::new(Failing::default()), settings, &broker).await;
    let word = "x".repeat(4000);
    let mut kept = 0;
    while append(&running, &word).await.is_ok() {
        kept += 1;
    }
    assert_eq!(kept, 4);
    assert!(matches!(append(&running, &word).await, Err(NotSpooled::Full)));
    assert_eq!(running.metric(r#"loa_ingress_spool_refused_events_total{reason="full"}"#), 2);
    assert!(running.metric("loa_ingress_spool_bytes") <= 20_000);
    assert!(running.spool.ready().is_err());
    broker.set(Mood::Takes);
    running.emptied().await;
    assert_eq!(running.metric("loa_ingress_spool_state"), 0);
    assert_eq!(broker.taken().len(), 4);
    append(&running, &word).await.unwrap();
    running.emptied().await;
    running.stop().await;
}
