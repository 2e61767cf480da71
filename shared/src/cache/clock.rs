//! Redis's clock as this process sees it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A reading is believed for so long before a worse one may replace it: clocks drift apart by less than
/// a millisecond meanwhile.
const BELIEVED_FOR: Duration = Duration::from_secs(10);

/// Turns moments of Redis's clock into moments of this process. The error is at most half the time that
/// the fastest call of late took.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    origin: Instant,
    best: Arc<Mutex<Option<Reading>>>,
}

/// One comparison of the two clocks.
#[derive(Clone, Copy, Debug)]
struct Reading {
    taken: Instant,
    round_trip: Duration,
    /// Redis's microseconds at the origin.
    ahead: i64,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { origin: Instant::now(), best: Arc::default() }
    }

    /// Notes that Redis said `micros` between `asked` and `answered`.
    pub(super) fn observe(&self, asked: Instant, answered: Instant, micros: i64) {
        let round_trip = answered.saturating_duration_since(asked);
        let middle = asked.saturating_duration_since(self.origin) + round_trip / 2;
        let reading = Reading { taken: answered, round_trip, ahead: micros - whole(middle) };
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        if best.is_none_or(|best| reading.replaces(&best)) {
            *best = Some(reading);
        }
    }

    /// When Redis's clock shows `micros`; none before the first reading.
    pub(super) fn instant(&self, micros: i64) -> Option<Instant> {
        let reading = (*self.best.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since_origin = u64::try_from(micros - reading.ahead).unwrap_or(0);
        Some(self.origin + Duration::from_micros(since_origin))
    }
}

impl Reading {
    /// Whether it is the better one, or the other one is old, or no longer true: Redis's clock was set.
    fn replaces(&self, other: &Self) -> bool {
        let most_apart = (self.round_trip + other.round_trip) / 2 + Duration::from_millis(1);
        self.round_trip <= other.round_trip
            || self.taken.saturating_duration_since(other.taken) > BELIEVED_FOR
            || self.ahead.abs_diff(other.ahead) > whole(most_apart).unsigned_abs()
    }
}

fn whole(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_call_tells_the_time() {
        let clock = Clock::new();
        let at = |millis| clock.origin + Duration::from_millis(millis);
        clock.observe(at(0), at(40), 1_000_000);
        clock.observe(at(50), at(51), 1_031_000);
        clock.observe(at(60), at(90), 1_060_000);
        // The second reading: 50.5 ms is 1,031,000.
        assert_eq!(clock.instant(1_031_000), Some(clock.origin + Duration::from_micros(50_500)));
    }

    #[test]
    fn a_clock_that_was_set_is_followed_at_once() {
        let clock = Clock::new();
        let at = |millis| clock.origin + Duration::from_millis(millis);
        clock.observe(at(0), at(1), 5_000_000);
        clock.observe(at(10), at(14), 1_000_000);
        assert_eq!(clock.instant(1_000_000), Some(clock.origin + Duration::from_millis(12)));
    }
}
