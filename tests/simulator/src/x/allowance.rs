//! How many direct messages a user may send, and the headers that tell of it.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, TimeDelta, Utc};

use crate::lock::lock;

/// X counts sends in windows of 15 minutes.
const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// How many users are counted at once; past it all counts start anew.
const MAX_USERS: usize = 100_000;

/// Counts the sends of each user.
pub(crate) struct Allowance {
    limit: u32,
    users: Mutex<HashMap<String, Sends>>,
}

#[derive(Clone, Copy)]
struct Sends {
    since: DateTime<Utc>,
    count: u32,
}

/// What is left of a user's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Whether this send was still within the limit.
    pub(crate) allows: bool,
    limit: u32,
    remaining: u32,
    reset: i64,
}

impl Allowance {
    /// Every user may send `limit` messages a window.
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, users: Mutex::default() }
    }

    /// Counts one send of `user`.
    pub(crate) fn take(&self, user: &str, now: DateTime<Utc>) -> Left {
        let mut users = lock(&self.users);
        if users.len() >= MAX_USERS {
            users.clear();
        }
        let fresh = Sends { since: now, count: 0 };
        let window = users.entry(user.to_owned()).or_insert(fresh);
        if now - window.since >= WINDOW {
            *window = fresh;
        }
        let allows = window.count < self.limit;
        window.count += u32::from(allows);
        Left {
            allows,
            limit: self.limit,
            remaining: self.limit - window.count,
            reset: (window.since + WINDOW).timestamp(),
        }
    }
}

impl Left {
    /// X's `x-rate-limit-*` headers.
    pub(crate) fn headers(self) -> HeaderMap {
        let headers = [
            ("x-rate-limit-limit", i64::from(self.limit)),
            ("x-rate-limit-remaining", i64::from(self.remaining)),
            ("x-rate-limit-reset", self.reset),
        ];
        headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn the_sixteenth_send_waits_for_the_next_window() {
        let allowance = Allowance::new(15);
        let start = clock::now();
        assert!((0..15).all(|_| allowance.take("42", start).allows));
        assert!(!allowance.take("42", start + TimeDelta::minutes(14)).allows);
        assert!(allowance.take("43", start).allows);
        assert!(allowance.take("42", start + TimeDelta::minutes(15)).allows);
    }
}
