//! The pace of an account within this process: its throughput, evenly spread.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use shared::domain::ids::AccountId;

/// More accounts than this in one process, and the memory of their pace is begun anew.
const MOST_KEPT: usize = 10_000;

type Pacer = (u32, Arc<DefaultDirectRateLimiter>);

/// Keeps accounts to their throughput.
#[derive(Clone, Default)]
pub struct Pace {
    pacers: Arc<Mutex<HashMap<AccountId, Pacer>>>,
}

impl Pace {
    /// Waits until `account`, allowed `per_second` messages a second, may send the next one.
    pub async fn wait(&self, account: AccountId, per_second: u32) {
        self.pacer(account, per_second).until_ready().await;
    }

    fn pacer(&self, account: AccountId, per_second: u32) -> Arc<DefaultDirectRateLimiter> {
        let mut pacers = self.pacers.lock().unwrap_or_else(PoisonError::into_inner);
        match pacers.get(&account) {
            Some((known, pacer)) if *known == per_second => return Arc::clone(pacer),
            _ if pacers.len() >= MOST_KEPT => pacers.clear(),
            _ => {}
        }
        let rate = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        // No burst: a window of one second never holds more than the rate.
        let quota = Quota::per_second(rate).allow_burst(NonZeroU32::MIN);
        let pacer = Arc::new(RateLimiter::direct(quota));
        pacers.insert(account, (per_second, Arc::clone(&pacer)));
        pacer
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[tokio::test]
    async fn no_second_holds_more_than_the_rate() {
        let (pace, account) = (Pace::default(), AccountId::new());
        let started = Instant::now();
        for _ in 0..21 {
            pace.wait(account, 100).await;
        }
        assert!(started.elapsed() >= Duration::from_millis(190));
    }
}
