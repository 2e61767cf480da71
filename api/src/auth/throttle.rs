//! Slows down whoever tries passwords: a few wrong ones, and an e-mail has to wait.
//!
//! Kept in this process alone; it makes guessing slow, not impossible.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong passwords in a row that are forgiven.
const FORGIVEN: u32 = 10;
/// After so long they are forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(5);
/// More e-mails than this, and the memory is begun anew: it must not grow with what attackers make up.
const MOST_KEPT: usize = 10_000;

/// Counts failed logins by e-mail.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    since: Instant,
}

impl Throttle {
    /// How long `email` has to wait before it may try at `now`; none where it may.
    pub fn wait(&self, email: &str, now: Instant) -> Option<Duration> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = failures.get(email)?;
        let over = failures.since + FORGOTTEN_AFTER;
        (failures.count >= FORGIVEN && now < over).then(|| over - now)
    }

    /// Notes a wrong password.
    pub fn failed(&self, email: &str, now: Instant) {
        let mut kept = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT && !kept.contains_key(email) {
            kept.clear();
        }
        let failures = kept.entry(email.to_owned()).or_insert(Failures { count: 0, since: now });
        if now.duration_since(failures.since) >= FORGOTTEN_AFTER {
            *failures = Failures { count: 0, since: now };
        }
        failures.count += 1;
    }

    /// Forgets the wrong ones before the right one.
    pub fn succeeded(&self, email: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(email);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_some_wrong_passwords_an_e_mail_waits_and_no_other_does() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..FORGIVEN {
            assert_eq!(throttle.wait("a@shop", now), None);
            throttle.failed("a@shop", now);
        }
        assert_eq!(throttle.wait("a@shop", now), Some(FORGOTTEN_AFTER));
        assert_eq!(throttle.wait("b@shop", now), None);
        assert_eq!(throttle.wait("a@shop", now + FORGOTTEN_AFTER), None);
    }

    #[test]
    fn the_right_password_makes_up_for_the_wrong_ones() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        (0..FORGIVEN).for_each(|_| throttle.failed("a@shop", now));
        throttle.succeeded("a@shop");
        assert_eq!(throttle.wait("a@shop", now), None);
    }
}
