//! The pace of a number towards one customer.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

/// Meta: one message in so long; a burst takes what follows in advance, and may last as long.
const PACE: TimeDelta = TimeDelta::seconds(6);
/// How many pairs are told apart. Past it, those that owe nothing are forgotten, then all.
const MAX_PAIRS: usize = 1_000_000;

/// A burst, and what it took in advance.
struct Burst {
    began: DateTime<Utc>,
    messages: u32,
    /// When everything is paid back.
    free_at: DateTime<Utc>,
}

/// Bursts by number and customer.
#[derive(Default)]
pub(super) struct Pairs(HashMap<(String, String), Burst>);

impl Pairs {
    /// Lets a message through where the last burst is paid back, or goes on with less than `burst`
    /// messages.
    pub(super) fn take(&mut self, number: &str, customer: &str, burst: u32, now: DateTime<Utc>) -> bool {
        self.make_room(now);
        let pair = (number.to_owned(), customer.to_owned());
        let last = self.0.entry(pair).or_insert(Burst { began: now, messages: 0, free_at: now });
        if now >= last.free_at {
            *last = Burst { began: now, messages: 0, free_at: now };
        }
        let goes_on = now - last.began < PACE && last.messages < burst;
        if goes_on {
            last.messages += 1;
            last.free_at += PACE;
        }
        goes_on
    }

    fn make_room(&mut self, now: DateTime<Utc>) {
        if self.0.len() < MAX_PAIRS {
            return;
        }
        self.0.retain(|_, burst| burst.free_at > now);
        if self.0.len() >= MAX_PAIRS {
            self.0.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn one_message_in_six_seconds_always_goes() {
        let mut pairs = Pairs::default();
        assert!((0..100).all(|turn| pairs.take("1", "2", 45, at(6 * turn))));
    }

    #[test]
    fn a_burst_is_paid_back_before_the_next_message() {
        let mut pairs = Pairs::default();
        assert!((0..20).all(|_| pairs.take("1", "2", 45, at(0))));
        assert!(!pairs.take("1", "2", 45, at(6)));
        assert!(!pairs.take("1", "2", 45, at(119)));
        assert!(pairs.take("1", "3", 45, at(119)), "another customer");
        assert!(pairs.take("1", "2", 45, at(120)));
    }

    #[test]
    fn a_burst_ends_at_its_limit() {
        let mut pairs = Pairs::default();
        let taken = (0..60).filter(|_| pairs.take("1", "2", 45, at(1))).count();
        assert_eq!(taken, 45);
    }
}
