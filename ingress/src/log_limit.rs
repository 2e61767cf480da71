//! At most one log line a second of a kind that clients can cause at will.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const PAUSE_MILLIS: u64 = 1000;

/// Lets one line a second through and counts the others.
#[derive(Debug)]
pub(crate) struct LogLimit {
    began: Instant,
    next: AtomicU64,
    silent: AtomicU64,
}

impl LogLimit {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), next: AtomicU64::new(0), silent: AtomicU64::new(0) }
    }

    /// Whether to log: `Some` with the number of lines left out since the last one.
    pub(crate) fn pass(&self) -> Option<u64> {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.pass_at(now)
    }

    fn pass_at(&self, now: u64) -> Option<u64> {
        let due = |next: u64| (now >= next).then(|| now + PAUSE_MILLIS);
        if self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok() {
            return Some(self.silent.swap(0, Ordering::Relaxed));
        }
        self.silent.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_passes_and_says_how_many_did_not() {
        let limit = LogLimit::new();
        assert_eq!(limit.pass_at(10), Some(0));
        assert_eq!(limit.pass_at(10), None);
        assert_eq!(limit.pass_at(1009), None);
        assert_eq!(limit.pass_at(1010), Some(2));
        assert_eq!(limit.pass_at(2010), Some(0));
    }
}
