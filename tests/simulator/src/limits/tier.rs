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
    /// Lets a customer be addressed where that one was lately, or less than `limit` others were.
    pub(super) fn take(&mut self, customer: &str, limit: u32, now: DateTime<Utc>) -> bool {
        let is_counted = self.addressed.get(customer).is_some_and(|last| now - *last < WINDOW);
        if !is_counted && self.addressed.len() >= limit as usize {
            self.sweep(now);
        }
        if !is_counted && self.addressed.len() >= limit as usize {
            return false;
        }
        if self.addressed.len() >= MAX_CUSTOMERS {
            self.addressed.clear();
        }
        self.addressed.insert(customer.to_owned(), now);
        true
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
        let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        assert!(tier.take("1", 2, at(0)) && tier.take("2", 2, at(1)) && tier.take("2", 2, at(2)));
        assert!(!tier.take("3", 2, at(3)));
        assert!(tier.take("3", 2, at(24)), "the first is forgotten");
        assert!(!tier.take("1", 2, at(25)), "the second counts from its last message");
    }
}
