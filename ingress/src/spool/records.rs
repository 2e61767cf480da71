//! Walks over the records of a segment, whatever became of it.
//!
//! What is no record is told as damage, and the walk goes on behind it: one bad sector costs what lay
//! on it, not the rest of the segment. No length is believed further than the bytes that are there.

use std::ops::Range;

use bytes::Bytes;
use shared::domain::ids::SpoolSegmentId;

use super::format::{RECORD_HEAD, RecordHead, checksum};

/// A record whose checksums hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) head: RecordHead,
    /// Shares the memory of what is walked over.
    pub(crate) payload: Bytes,
}

/// What the walk comes across; together they cover every byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Record(Record),
    /// Bytes that are no record, with a record behind them.
    Damage(Range<usize>),
    /// Bytes that are no record, up to the end.
    Rest(Range<usize>),
}

/// A walk over records.
#[derive(Debug)]
pub(crate) struct Records {
    id: SpoolSegmentId,
    bytes: Bytes,
    at: usize,
    /// The number that the next record has at least.
    next: u32,
}

impl Records {
    /// Walks over `bytes` of the segment `id`, of which the first record has the number `next`.
    pub(crate) fn new(id: SpoolSegmentId, bytes: Bytes, next: u32) -> Self {
        Self { id, bytes, at: 0, next }
    }

    /// Where the walk is.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn record_at(&self, at: usize) -> Option<Record> {
        let rest = self.bytes.get(at..)?;
        if !self.is_plausible(rest) {
            return None;
        }
        let head = RecordHead::decode(self.id, rest)?;
        let payload = RECORD_HEAD..RECORD_HEAD + usize::try_from(head.length).ok()?;
        let is_whole = checksum(self.id, rest.get(payload.clone())?) == head.crc;
        is_whole.then(|| Record { head, payload: self.bytes.slice(at + payload.start..at + payload.end) })
    }

    /// Rules most places out without a checksum.
    fn is_plausible(&self, rest: &[u8]) -> bool {
        let (Some(length), Some(number)) = (word(rest, 0), word(rest, 4)) else { return false };
        let room = rest.len().saturating_sub(RECORD_HEAD);
        usize::try_from(length).is_ok_and(|length| length <= room) && number >= self.next
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

impl Iterator for Records {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let (from, end) = (self.at, self.bytes.len());
        if from == end {
            return None;
        }
        if let Some(record) = self.record_at(from) {
            self.at += RECORD_HEAD + record.payload.len();
            self.next = record.head.number.saturating_add(1);
            return Some(Found::Record(record));
        }
        let again = (from + 1..end).find(|at| self.record_at(*at).is_some());
        self.at = again.unwrap_or(end);
        Some(if again.is_some() { Found::Damage(from..self.at) } else { Found::Rest(from..end) })
    }
}
