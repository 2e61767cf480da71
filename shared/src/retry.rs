//! Growing, jittered delays between attempts.
//!
//! The crate `backoff` does the arithmetic. It is unmaintained (RUSTSEC-2025-0012), so this module is the only
//! place that names it: replacing it is a change of this file.

use std::time::Duration;

use backoff::backoff::Backoff;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};

/// Each delay is about twice the one before.
const GROWTH: f64 = 2.0;
/// Each delay is moved by up to half of itself, so that processes that failed together do not return together.
const JITTER: f64 = 0.5;

/// An endless sequence of delays that double from `first` up to `longest`.
///
/// How often to try is the caller's to say, for instance with [`Iterator::take`].
#[derive(Debug)]
pub struct Delays {
    schedule: ExponentialBackoff,
    longest: Duration,
}

impl Delays {
    /// Delays from about `first` to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        let schedule = ExponentialBackoffBuilder::new()
            .with_initial_interval(first)
            .with_max_interval(longest)
            .with_multiplier(GROWTH)
            .with_randomization_factor(JITTER)
            .with_max_elapsed_time(None)
            .build();
        Self { schedule, longest }
    }

    /// The next delay, never above the longest.
    pub fn next_delay(&mut self) -> Duration {
        let delay = self.schedule.next_backoff().unwrap_or(self.longest);
        delay.min(self.longest)
    }

    /// Starts again from the first delay: what was tried worked.
    pub fn reset(&mut self) {
        self.schedule.reset();
    }
}

impl Iterator for Delays {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(self.next_delay())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(2);

    #[test]
    fn delays_grow_and_never_pass_the_longest() {
        let delays: Vec<Duration> = Delays::new(FIRST, LONGEST).take(50).collect();
        assert!(delays.iter().all(|delay| *delay <= LONGEST));
        assert!(delays[0] <= FIRST * 3 / 2 && delays[0] >= FIRST / 2);
        assert!(delays[10..].iter().all(|delay| *delay >= LONGEST / 2));
    }

    #[test]
    fn a_reset_starts_from_the_first_again() {
        let mut delays = Delays::new(FIRST, LONGEST);
        assert!(delays.by_ref().take(10).count() == 10);
        delays.reset();
        assert!(delays.next_delay() <= FIRST * 3 / 2);
    }
}
