//! Messages of a number in any second, in and out together.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

/// Over how long messages are counted.
const WINDOW: TimeDelta = TimeDelta::seconds(1);
/// How many numbers are told apart; past it all are forgotten.
const MAX_NUMBERS: usize = 100_000;

/// When each number's latest messages came. No more are kept than the highest limit met.
#[derive(Default)]
pub(super) struct Throughput(HashMap<String, VecDeque<DateTime<Utc>>>);

impl Throughput {
    /// Whether fewer than `limit` messages of `number` came in the second before `now`.
    pub(super) fn has_room(&mut self, number: &str, limit: u32, now: DateTime<Utc>) -> bool {
        let Some(recent) = self.0.get_mut(number) else {
            return limit > 0;
        };
        while recent.front().is_some_and(|first| now - *first >= WINDOW) {
            recent.pop_front();
        }
        recent.len() < limit as usize
    }

    /// Notes a message.
    pub(super) fn note(&mut self, number: &str, now: DateTime<Utc>) {
        if self.0.len() >= MAX_NUMBERS && !self.0.contains_key(number) {
            self.0.clear();
        }
        let recent = self.0.entry(number.to_owned()).or_default();
        while recent.front().is_some_and(|first| now - *first >= WINDOW) {
            recent.pop_front();
        }
        recent.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_holds_more_than_the_limit() {
        let start = DateTime::UNIX_EPOCH;
        let mut throughput = Throughput::default();
        let mut taken = Vec::new();
        for millis in (0..5_000).step_by(7) {
            let now = start + TimeDelta::milliseconds(millis);
            if throughput.has_room("1", 80, now) {
                throughput.note("1", now);
                taken.push(now);
            }
        }
        assert!(taken.windows(81).all(|run| run[80] - run[0] >= WINDOW));
        assert!(taken.len() >= 390, "{}", taken.len());
    }
}
