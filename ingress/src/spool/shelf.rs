//! The segments that there are, oldest first: the writer puts them here, the drainer takes them away.

use std::collections::VecDeque;
use std::ops::{AddAssign, SubAssign};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::format::HEADER;
use super::key::SegmentKey;
use super::metrics::Metrics;

/// So much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) records: u32,
    pub(crate) events: u64,
}

/// A segment: what is safely in it.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    pub(crate) key: SegmentKey,
    /// Bytes that are synced.
    pub(crate) length: u64,
    /// What these hold.
    pub(crate) tally: Tally,
    /// When the oldest event in it was accepted, in microseconds since 1970.
    pub(crate) oldest: i64,
    /// Whether nothing will be added.
    pub(crate) is_closed: bool,
}

/// Part of a segment that waits to be drained.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) segment: Segment,
    /// Where in the segment it begins; it ends where the segment did.
    pub(crate) from: u64,
    /// What stands before it.
    pub(crate) before: Tally,
}

/// What there is to do for the drainer.
#[derive(Debug)]
pub(crate) enum Next {
    /// No segment.
    Nothing,
    /// The first segment is drained, and may still grow.
    Idle,
    /// Part of the first segment.
    Drain(Box<Part>),
    /// The first segment is done with.
    Remove {
        path: PathBuf,
        /// Whether it held what could not be drained.
        is_damaged: bool,
    },
}

/// The segments that there are.
#[derive(Debug)]
pub(crate) struct Shelf {
    inner: Mutex<Inner>,
    /// Wakes the drainer.
    pub(crate) changed: Notify,
    emptied: Notify,
    metrics: Metrics,
}

#[derive(Debug, Default)]
struct Inner {
    segments: VecDeque<Shelved>,
    bytes: u64,
    events: u64,
}

#[derive(Debug)]
struct Shelved {
    segment: Segment,
    read: u64,
    passed: Tally,
    is_damaged: bool,
}

impl Shelf {
    /// With `segments`, oldest first, none of them drained.
    pub(crate) fn new(segments: Vec<Segment>, metrics: Metrics) -> Self {
        let shelf = Self { inner: Mutex::default(), changed: Notify::new(), emptied: Notify::new(), metrics };
        for segment in segments {
            shelf.add(segment);
        }
        shelf
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        self.inner().bytes
    }

    /// Records that are not yet drained.
    pub(crate) fn records(&self) -> u64 {
        self.inner().segments.iter().map(|of| u64::from(of.segment.tally.records - of.passed.records)).sum()
    }

    /// A new segment, the last one.
    pub(crate) fn add(&self, segment: Segment) {
        let mut inner = self.inner();
        inner.bytes += segment.length;
        inner.events += segment.tally.events;
        let read = HEADER as u64;
        inner.segments.push_back(Shelved { segment, read, passed: Tally::default(), is_damaged: false });
        self.show(&inner);
        self.changed.notify_one();
    }

    /// The last segment holds `added` more, and is now `length` bytes long.
    pub(crate) fn grown(&self, length: u64, added: Tally) {
        let mut inner = self.inner();
        let Some(last) = inner.segments.back_mut() else { return };
        let grown = length.saturating_sub(last.segment.length);
        last.segment.length = length;
        last.segment.tally += added;
        inner.bytes += grown;
        inner.events += added.events;
        self.show(&inner);
        self.changed.notify_one();
    }

    /// Nothing will be added to the last segment.
    pub(crate) fn closed(&self) {
        if let Some(last) = self.inner().segments.back_mut() {
            last.segment.is_closed = true;
        }
        self.changed.notify_one();
    }

    /// What there is to do.
    pub(crate) fn next(&self) -> Next {
        let inner = self.inner();
        let Some(first) = inner.segments.front() else { return Next::Nothing };
        let Shelved { segment, read, passed, is_damaged } = first;
        if *read < segment.length {
            return Next::Drain(Box::new(Part { segment: segment.clone(), from: *read, before: *passed }));
        }
        if segment.is_closed {
            return Next::Remove { path: segment.path.clone(), is_damaged: *is_damaged };
        }
        Next::Idle
    }

    /// Of the first segment, `passed` more is drained.
    pub(crate) fn drained(&self, passed: Tally) {
        let mut inner = self.inner();
        let Some(first) = inner.segments.front_mut() else { return };
        first.passed += passed;
        inner.events = inner.events.saturating_sub(passed.events);
        self.show(&inner);
    }

    /// The first segment is read up to `read`.
    pub(crate) fn read(&self, read: u64) {
        if let Some(first) = self.inner().segments.front_mut() {
            first.read = read;
        }
    }

    /// The first segment holds what cannot be drained.
    pub(crate) fn damaged(&self) {
        if let Some(first) = self.inner().segments.front_mut() {
            first.is_damaged = true;
        }
    }

    /// The first segment is gone.
    pub(crate) fn removed(&self) {
        let mut inner = self.inner();
        if let Some(first) = inner.segments.pop_front() {
            inner.bytes = inner.bytes.saturating_sub(first.segment.length);
        }
        self.show(&inner);
        drop(inner);
        self.emptied.notify_waiters();
    }

    /// Returns when there is no segment.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            tokio::pin!(emptied);
            emptied.as_mut().enable();
            if self.inner().segments.is_empty() {
                return;
            }
            emptied.await;
        }
    }

    fn show(&self, inner: &Inner) {
        let oldest = inner.segments.iter().find(|of| of.passed != of.segment.tally).map(|of| of.segment.oldest);
        self.metrics.held(inner.bytes, inner.events, oldest);
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.events += other.events;
    }
}

impl SubAssign for Tally {
    fn sub_assign(&mut self, other: Self) {
        self.records = self.records.saturating_sub(other.records);
        self.events = self.events.saturating_sub(other.events);
    }
}
