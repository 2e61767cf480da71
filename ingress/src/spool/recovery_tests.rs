//! What a process finds that begins where another has ended.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use prometheus::Registry;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

use super::directory::Directory;
use super::fake_broker::{FakeBroker, Mood, Running, master, message, names};
use super::format::HEADER;
use super::{Metrics, OpenError, Settings, Spool};

/// A directory with one segment of three events, and the segment.
async fn left_behind() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path(), &["one", "two", "three"]).await;
    let segment = directory.path().join("0000000000.spool");
    (directory, segment)
}

async fn fill(directory: &Path, words: &[&str]) {
    let running = Running::start(directory, &FakeBroker::new(Mood::Gone)).await;
    for word in words {
        running.spool.append(running.spool.admit(), message(word)).await.unwrap();
    }
    running.stop().await;
}

async fn drained(directory: &Path) -> (Vec<String>, Running) {
    let broker = FakeBroker::new(Mood::Takes);
    let running = Running::start(directory, &broker).await;
    running.emptied().await;
    (broker.taken(), running)
}

#[tokio::test]
async fn what_one_process_leaves_the_next_one_drains_in_order() {
    let (directory, _) = left_behind().await;
    fill(directory.path(), &["four"]).await;
    assert_eq!(names(directory.path()), ["0000000000.spool", "0000000001.spool"]);
    let (taken, running) = drained(directory.path()).await;
    assert_eq!(taken, ["one", "two", "three", "four"]);
    assert!(names(directory.path()).is_empty());
    assert_eq!(running.metric("loa_ingress_spool_events"), 0);
    assert_eq!(running.metric("loa_ingress_spool_bytes"), 0);
    running.stop().await;
}

#[tokio::test]
async fn a_write_that_was_cut_short_is_cut_off() {
    let (directory, segment) = left_behind().await;
    let length = fs::metadata(&segment).unwrap().len();
    OpenOptions::new().write(true).open(&segment).unwrap().set_len(length - 5).unwrap();
    let (taken, running) = drained(directory.path()).await;
    assert_eq!(taken, ["one", "two"]);
    assert!(names(directory.path()).is_empty());
    assert_eq!(running.metric("loa_ingress_spool_torn_total"), 1);
    assert_eq!(running.metric("loa_ingress_spool_damaged_total"), 0);
    running.stop().await;
}

#[tokio::test]
async fn wherever_the_last_write_ended_what_was_whole_before_it_is_there() {
    let (directory, segment) = left_behind().await;
    let whole = fs::read(&segment).unwrap();
    let of = |length: usize| {
        fs::write(&segment, &whole[..length]).unwrap();
        let metrics = Metrics::register(&Registry::new()).unwrap();
        let opened = Directory::open(directory.path(), Some(&master(7)), &metrics).unwrap();
        let records: u32 = opened.segments.iter().map(|segment| segment.tally.records).sum();
        (records, metrics.torn.get(), metrics.damaged.get(), fs::metadata(&segment).map_or(0, |file| file.len()))
    };
    let mut ends = vec![HEADER as u64];
    for length in (0..whole.len()).step_by(3).chain([whole.len()]) {
        let (records, torn, damaged, left) = of(length);
        if ends.last() != Some(&left) && left > 0 {
            ends.push(left);
        }
        let is_at_an_end = length >= HEADER && left == length as u64;
        assert_eq!((torn, damaged), (u64::from(!is_at_an_end), 0), "{length}");
        assert_eq!(records as usize, ends.len() - 1, "{length}");
    }
    assert_eq!(ends.len(), 4);
}

#[tokio::test]
async fn a_damaged_record_costs_itself_alone_and_its_segment_is_kept() {
    let (directory, segment) = left_behind().await;
    let length = fs::metadata(&segment).unwrap().len();
    let file = OpenOptions::new().write(true).open(&segment).unwrap();
    file.write_all_at(b"xx", length / 2).unwrap();
    let (taken, running) = drained(directory.path()).await;
    assert_eq!(taken, ["one", "three"]);
    assert_eq!(names(directory.path()), ["0000000000.spool.damaged"]);
    assert_eq!(running.metric("loa_ingress_spool_damaged_total"), 1);
    assert_eq!(running.metric("loa_ingress_spool_torn_total"), 0);
    running.stop().await;
    // Nothing ever takes its name.
    fill(directory.path(), &["four"]).await;
    assert_eq!(names(directory.path()), ["0000000000.spool.damaged", "0000000001.spool"]);
}

#[tokio::test]
async fn an_earlier_segment_was_finished_so_a_bad_end_of_it_is_damage() {
    let (directory, segment) = left_behind().await;
    fill(directory.path(), &["four"]).await;
    let length = fs::metadata(&segment).unwrap().len();
    OpenOptions::new().write(true).open(&segment).unwrap().set_len(length - 5).unwrap();
    let (taken, running) = drained(directory.path()).await;
    assert_eq!(taken, ["one", "two", "four"]);
    assert_eq!(names(directory.path()), ["0000000000.spool.damaged"]);
    assert_eq!(running.metric("loa_ingress_spool_damaged_total"), 1);
    running.stop().await;
}

#[tokio::test]
async fn a_segment_that_was_never_begun_and_one_without_a_header_stop_nobody() {
    let directory = tempfile::tempdir().unwrap();
    fs::File::create(directory.path().join("0000000003.spool")).unwrap();
    let mut garbage = fs::File::create(directory.path().join("0000000002.spool")).unwrap();
    garbage.write_all(&[7; 4000]).unwrap();
    let (taken, running) = drained(directory.path()).await;
    assert!(taken.is_empty());
    assert_eq!(names(directory.path()), ["0000000002.spool.damaged"]);
    assert_eq!(running.metric("loa_ingress_spool_torn_total"), 1);
    assert_eq!(running.metric("loa_ingress_spool_damaged_total"), 1);
    running.stop().await;
}

async fn refusal(directory: &Path, seed: Option<u8>) -> OpenError {
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let settings = Settings { directory: directory.to_owned(), most_bytes: 1 << 30, master: seed.map(master) };
    let broker = FakeBroker::new(Mood::Gone);
    Spool::start(settings, &metrics, broker, 3, &TaskTracker::new()).await.err().unwrap()
}

#[tokio::test]
async fn another_master_key_is_refused_by_the_name_of_its_variable_and_changes_nothing() {
    let (directory, segment) = left_behind().await;
    let before = fs::read(&segment).unwrap();
    for seed in [Some(8), None] {
        let error = refusal(directory.path(), seed).await.to_string();
        assert!(error.starts_with("MESSAGE_ENCRYPTION_KEY: "), "{error}");
        assert!(error.contains(master(7).fingerprint()), "{error}");
    }
    assert_eq!(fs::read(&segment).unwrap(), before);
}

#[tokio::test]
async fn two_processes_never_share_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::start(directory.path(), &FakeBroker::new(Mood::Takes)).await;
    let error = refusal(directory.path(), Some(7)).await;
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
    running.stop().await;
    Running::start(directory.path(), &FakeBroker::new(Mood::Takes)).await.stop().await;
}
