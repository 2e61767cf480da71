//! Who wrote when: the customer-service windows.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};

use crate::lock::lock;

/// How long a customer's message allows free text.
const OPEN_FOR: TimeDelta = TimeDelta::hours(24);
/// How many windows are remembered. Past it, closed ones are forgotten, then all.
const MAX_WINDOWS: usize = 1_000_000;

/// When customers last wrote to accounts, by (account, customer).
#[derive(Default)]
pub(crate) struct Windows(Mutex<HashMap<(String, String), DateTime<Utc>>>);

impl Windows {
    /// Notes that `customer` wrote to `account`.
    pub(crate) fn open(&self, account: &str, customer: &str, at: DateTime<Utc>) {
        let mut windows = lock(&self.0);
        if windows.len() >= MAX_WINDOWS {
            windows.retain(|_, last| at - *last < OPEN_FOR);
        }
        if windows.len() >= MAX_WINDOWS {
            windows.clear();
        }
        let last = windows.entry((account.to_owned(), customer.to_owned())).or_insert(at);
        *last = at.max(*last);
    }

    /// Whether `customer` wrote to `account` less than 24 hours before `now`.
    pub(crate) fn is_open(&self, account: &str, customer: &str, now: DateTime<Utc>) -> bool {
        lock(&self.0).get(&(account.to_owned(), customer.to_owned())).is_some_and(|last| now - *last < OPEN_FOR)
    }
}
