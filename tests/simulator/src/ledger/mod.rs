//! What the platforms were asked, and how often.

mod received;
mod references;

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

pub use received::{Filter, Outcome, Received};

use references::References;

/// Keeps the newest requests, and counts them all.
pub(crate) struct Ledger {
    kept: VecDeque<Received>,
    capacity: usize,
    counts: RequestCounts,
    references: References,
}

/// How many requests came and what became of them, since the start or the last clearing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestCounts {
    /// Requests to send or mark, whatever became of them.
    pub received: u64,
    /// Messages that were taken, whether or not the sender learned of it.
    pub accepted: u64,
    /// Messages that were not taken.
    pub refused: u64,
    /// Messages that were answered with a code, by that code.
    pub refused_with: BTreeMap<i64, u64>,
    /// Read marks and typing indicators that were taken.
    pub marks: u64,
    /// Different references among the messages taken, attempts of one message counted once.
    pub unique_references: u64,
    /// Messages taken although one with the same reference had been: doubled sends.
    pub duplicates: u64,
    /// Messages taken that bore no reference.
    pub without_reference: u64,
    /// The first references that were taken more than once.
    pub doubled: Vec<String>,
    /// Records that gave way to newer ones.
    pub forgotten: u64,
}

impl Ledger {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { kept: VecDeque::new(), capacity, counts: RequestCounts::default(), references: References::default() }
    }

    /// Keeps `received`.
    pub(crate) fn record(&mut self, received: Received) {
        self.counts.received += 1;
        match received.outcome {
            Outcome::Accepted | Outcome::AnswerLost => self.count_accepted(&received),
            Outcome::Marked => self.counts.marks += 1,
            Outcome::Refused { code, .. } => {
                self.counts.refused += 1;
                *self.counts.refused_with.entry(code).or_default() += 1;
            }
            Outcome::Dropped | Outcome::Hung => self.counts.refused += 1,
        }
        if self.capacity == 0 {
            self.counts.forgotten += 1;
            return;
        }
        if self.kept.len() == self.capacity {
            self.kept.pop_front();
            self.counts.forgotten += 1;
        }
        self.kept.push_back(received);
    }

    /// The newest requests that fit `filter`, oldest of them first.
    pub(crate) fn find(&self, filter: &Filter) -> Vec<Received> {
        let mut found: Vec<_> =
            self.kept.iter().rev().filter(|received| filter.fits(received)).take(filter.limit()).cloned().collect();
        found.reverse();
        found
    }

    /// The newest request that fits.
    pub(crate) fn newest(&self, fits: impl Fn(&Received) -> bool) -> Option<Received> {
        self.kept.iter().rev().find(|received| fits(received)).cloned()
    }

    pub(crate) fn counts(&self) -> RequestCounts {
        RequestCounts { unique_references: self.references.unique(), ..self.counts.clone() }
    }

    /// Forgets everything, the counts too.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.capacity);
    }

    fn count_accepted(&mut self, received: &Received) {
        const SHOWN: usize = 100;

        self.counts.accepted += 1;
        let Some(name) = received.message_name() else {
            self.counts.without_reference += 1;
            return;
        };
        if !self.references.is_new(name) {
            self.counts.duplicates += 1;
            if self.counts.doubled.len() < SHOWN {
                self.counts.doubled.push(name.to_owned());
            }
        }
    }
}
