//! What is to be posted, by the time it is due.

use std::collections::BTreeMap;
use std::mem;

use tokio::time::Instant;

use super::Parcel;
use crate::message::News;

/// Something to be posted.
#[derive(Debug)]
pub(crate) enum Load {
    News(News),
    /// A body that was posted before and not received.
    Again(Parcel),
}

/// A load and its place among all that ever waited.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) seq: u64,
    pub(crate) load: Load,
}

/// Loads ordered by due time; of the same time, the one that came first.
pub(crate) struct Schedule {
    waiting: BTreeMap<(Instant, u64), Load>,
    next_seq: u64,
    /// Pieces of news that wait, or were taken and are not settled.
    pending: usize,
    limit: usize,
}

impl Schedule {
    /// At most `limit` pieces of news wait at once.
    pub(crate) fn new(limit: usize) -> Self {
        Self { waiting: BTreeMap::new(), next_seq: 0, pending: 0, limit }
    }

    /// Adds news; false where too much waits already.
    pub(crate) fn add(&mut self, due: Instant, news: News) -> bool {
        if self.pending >= self.limit {
            return false;
        }
        self.waiting.insert((due, self.next_seq), Load::News(news));
        self.next_seq += 1;
        self.pending += 1;
        true
    }

    /// Puts a parcel back that was taken; it keeps its place.
    pub(crate) fn put_back(&mut self, due: Instant, parcel: Parcel) {
        self.waiting.insert((due, parcel.seq), Load::Again(parcel));
    }

    /// When the next load is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|((due, _), _)| *due)
    }

    /// The place that the next load will have.
    pub(crate) fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Takes what is due, in order; so much at once that the rest does not wait as bodies.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<Waiting> {
        const AT_ONCE: usize = 10_000;

        let mut due = Vec::new();
        while due.len() < AT_ONCE
            && let Some(entry) = self.waiting.first_entry()
            && entry.key().0 <= now
        {
            let ((_, seq), load) = entry.remove_entry();
            due.push(Waiting { seq, load });
        }
        due
    }

    /// Takes what was added before the place `seq`, due or not, in order.
    pub(crate) fn take_before(&mut self, seq: u64) -> Vec<Waiting> {
        let (taken, kept) = mem::take(&mut self.waiting).into_iter().partition(|((_, place), _)| *place < seq);
        self.waiting = kept;
        let taken: BTreeMap<_, _> = taken;
        taken.into_iter().map(|((_, seq), load)| Waiting { seq, load }).collect()
    }

    /// Notes that `size` pieces of what was taken are settled.
    pub(crate) fn done(&mut self, size: usize) {
        self.pending = self.pending.saturating_sub(size);
    }

    /// How many pieces of news wait, or were taken and are not settled.
    pub(crate) fn pending(&self) -> usize {
        self.pending
    }
}
