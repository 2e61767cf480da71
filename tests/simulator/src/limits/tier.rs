//! How many customers a business may address who have not written lately.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

/// Meta: customers are counted over so long, all numbers of a portfolio together.
const WINDOW: TimeDelta = TimeDelta::hours(24);
/// How many customers are told apart; past it those of yesterday are forgotten, then all.
const MAX_CUSTOMERS: usize = 2_000_000;

/// When customers were last addressed outside of a window.
#[derive(Default)]
pub(super) struct Tier {
    addressed: HashMap<String, DateTime<Utc>>,
    /// When those of yesterday were last forgotten.
    swept: Option<DateTime<Utc>>,
}

impl Tier {
    /// Whether the customer was addressed lately, or less than `limit` others were.
    pub(super) fn has_room(&mut self, customer: &str, limit: u32, now: DateTime<Utc>) -> bool {
        if self.addressed.get(customer).is_some_and(|last| now - *last < WINDOW) {
            return true;
        }
        if self.addressed.len() >= limit as usize {
            self.sweep(now);
        }
        self.addressed.len() < limit as usize
    }

    /// Notes that the customer is addressed.
    pub(super) fn note(&mut self, customer: &str, now: DateTime<Utc>) {
        if self.addressed.len() >= MAX_CUSTOMERS {
            self.addressed.clear();
        }
        self.addressed.insert(customer.to_owned(), now);
    }

    /// Forgets those of yesterday, at most once in a second: there may be many.
    fn sweep(&mut self, now: DateTime<Utc>) {
        if self.swept.is_some_and(|last| now - last < TimeDelta::seconds(1)) {
            return;
        }
        self.swept = Some(now);
        self.addressed.retain(|_, last| now - *last < WINDOW);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_counted_once_and_for_a_day() {
        let mut tier = Tier::default();
        let mut take = |customer: &str, hours| {
            let now = DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
            let has_room = tier.has_room(customer, 2, now);
            if has_room {
                tier.note(customer, now);
            }
            has_room
        };
        assert!(take("1", 0) && take("2", 1) && take("2", 2));
        assert!(!take("3", 3));
        assert!(take("3", 24), "the first is forgotten");
        assert!(!take("1", 25), "the second counts from its last message");
    }
}
