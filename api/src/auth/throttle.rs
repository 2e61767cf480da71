//! Slows down whoever tries passwords: after a few wrong ones an e-mail has to wait, and after more an address.
//!
//! Counted in Redis for all replicas together. While Redis is away each replica counts for itself: guessing becomes
//! as much easier as there are replicas, and nobody is locked out for an outage.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::cache::Logins;
use shared::cache::logins::Count;

/// Wrong passwords in a row that an e-mail is forgiven.
const OF_EMAIL: u32 = 10;
/// Wrong passwords that an address is forgiven: a whole office may be behind one.
const OF_ADDRESS: u32 = 100;
/// After so long they are forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(5);
/// More than this, and the memory is begun anew: it must not grow with what attackers make up.
const MOST_KEPT: usize = 20_000;

/// Counts tries to log in.
#[derive(Debug)]
pub struct Throttle {
    shared: Option<Logins>,
    local: Local,
}

/// Who tries.
#[derive(Clone, Debug)]
pub struct Tries(Vec<Count>);

impl Tries {
    /// A login of `email` from `address`.
    pub fn login(email: &str, address: Option<IpAddr>) -> Self {
        let email = Count { of: format!("email {email}"), most: OF_EMAIL, is_cleared: true };
        let address = address.map(|address| Count {
            of: format!("address {}", network(address)),
            most: OF_ADDRESS,
            is_cleared: false,
        });
        Self(std::iter::once(email).chain(address).collect())
    }

    /// A user who proves to know the present password.
    pub fn password_of(user: impl std::fmt::Display) -> Self {
        Self(vec![Count { of: format!("user {user}"), most: OF_EMAIL, is_cleared: true }])
    }
}

/// Whoever has an IPv6 address has a whole /64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Throttle {
    /// Counts in `shared`, where there is one.
    pub fn new(shared: Option<Logins>) -> Self {
        Self { shared, local: Local::default() }
    }

    /// Counts a try; how long it has to wait instead, where there were too many.
    pub async fn try_once(&self, tries: &Tries) -> Option<Duration> {
        if let Some(shared) = &self.shared {
            match shared.try_once(&tries.0, FORGOTTEN_AFTER).await {
                Ok(wait) => return wait,
                Err(error) => tracing::warn!(%error, "tries to log in are counted by this replica alone"),
            }
        }
        self.local.try_once(&tries.0, Instant::now())
    }

    /// Takes back a try that was the right one.
    pub async fn succeeded(&self, tries: &Tries) {
        self.local.succeeded(&tries.0);
        if let Some(shared) = &self.shared
            && let Err(error) = shared.succeeded(&tries.0).await
        {
            tracing::warn!(%error, "a try to log in was not taken back");
        }
    }
}

/// The counts of this replica.
#[derive(Debug, Default)]
struct Local(Mutex<HashMap<String, (u32, Instant)>>);

impl Local {
    fn try_once(&self, counts: &[Count], now: Instant) -> Option<Duration> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, (_, since)| now.saturating_duration_since(*since) < FORGOTTEN_AFTER);
        }
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        let left = |count: &Count| {
            let (tries, since) = kept.get(&count.of)?;
            let over = *since + FORGOTTEN_AFTER;
            (*tries >= count.most && now < over).then(|| over - now)
        };
        if let Some(wait) = counts.iter().filter_map(left).max() {
            return Some(wait);
        }
        for count in counts {
            let (tries, since) = kept.entry(count.of.clone()).or_insert((0, now));
            if now.saturating_duration_since(*since) >= FORGOTTEN_AFTER {
                (*tries, *since) = (0, now);
            }
            *tries += 1;
        }
        None
    }

    fn succeeded(&self, counts: &[Count]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for count in counts {
            if count.is_cleared {
                kept.remove(&count.of);
            } else if let Some((tries, _)) = kept.get_mut(&count.of) {
                *tries = tries.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(email: &str) -> Vec<Count> {
        Tries::login(email, Some(IpAddr::from([192, 0, 2, 1]))).0
    }

    #[test]
    fn after_some_wrong_passwords_an_e_mail_waits_and_no_other_does() {
        let (local, now) = (Local::default(), Instant::now());
        for _ in 0..OF_EMAIL {
            assert_eq!(local.try_once(&tries("a@shop"), now), None);
        }
        assert_eq!(local.try_once(&tries("a@shop"), now), Some(FORGOTTEN_AFTER));
        assert_eq!(local.try_once(&tries("b@shop"), now), None);
        assert_eq!(local.try_once(&tries("a@shop"), now + FORGOTTEN_AFTER), None);
    }

    #[test]
    fn the_right_password_makes_up_for_the_wrong_ones() {
        let (local, now) = (Local::default(), Instant::now());
        for _ in 0..OF_EMAIL {
            local.try_once(&tries("a@shop"), now);
        }
        local.succeeded(&tries("a@shop"));
        assert_eq!(local.try_once(&tries("a@shop"), now), None);
    }

    #[test]
    fn an_address_that_tries_many_e_mails_waits() {
        let (local, now) = (Local::default(), Instant::now());
        for number in 0..OF_ADDRESS {
            assert_eq!(local.try_once(&tries(&format!("{number}@shop")), now), None);
        }
        assert!(local.try_once(&tries("another@shop"), now).is_some());
        let elsewhere = Tries::login("another@shop", Some(IpAddr::from([192, 0, 2, 2]))).0;
        assert_eq!(local.try_once(&elsewhere, now), None);
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let [one, other]: [IpAddr; 2] = ["2001:db8::1", "2001:db8::ffff:2"].map(|text| text.parse().unwrap());
        assert_eq!(network(one), network(other));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), IpAddr::from([192, 0, 2, 1]));
    }
}
