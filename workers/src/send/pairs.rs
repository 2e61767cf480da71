//! The rate of an account towards one contact: about a message in six seconds, in bursts.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use shared::cache::Rates;
use shared::cache::rates::pair_rate;
use shared::domain::ids::{AccountId, ContactId};

use super::metrics::Metrics;

/// Pairs that are counted alone, while Redis is away, before those that have recovered are forgotten.
const MOST_KEPT: usize = 50_000;

type Pair = (AccountId, ContactId);

/// Keeps accounts from writing to one contact too often.
#[derive(Clone)]
pub struct Pairs {
    rates: Rates,
    alone: Arc<RateLimiter<Pair, HashMapStateStore<Pair>, DefaultClock>>,
    metrics: Metrics,
}

impl Pairs {
    /// The pairs that `rates` count; while they are away each process counts its own.
    pub fn new(rates: Rates, metrics: Metrics) -> Self {
        let (burst, distance) = pair_rate();
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(distance).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN));
        Self { rates, alone: Arc::new(RateLimiter::hashmap(quota.allow_burst(burst))), metrics }
    }

    /// Takes one message to each of `contacts`; for each how long it has to wait, none where it may go.
    pub async fn take(&self, account: AccountId, contacts: &[ContactId]) -> Vec<Option<Duration>> {
        let waits = match self.rates.pairs(account, contacts).await {
            Ok(waits) => waits,
            Err(error) => {
                tracing::debug!(%error, "pairs are counted alone");
                self.take_alone(account, contacts)
            }
        };
        self.metrics.pair_waits.inc_by(waits.iter().flatten().count() as u64);
        waits
    }

    /// The platform refused the pair: nothing goes to it for `wait`.
    pub async fn refused(&self, account: AccountId, contact: ContactId, wait: Duration) {
        if let Err(error) = self.rates.pair_refused(account, contact, wait).await {
            tracing::debug!(%error, "a refused pair is not known to the others");
        }
    }

    fn take_alone(&self, account: AccountId, contacts: &[ContactId]) -> Vec<Option<Duration>> {
        if self.alone.len() > MOST_KEPT {
            self.alone.retain_recent();
        }
        let now = DefaultClock::default().now();
        let wait = |contact| self.alone.check_key(&(account, contact)).err().map(|until| until.wait_time_from(now));
        contacts.iter().map(|contact| wait(*contact)).collect()
    }
}
