//! The pace of an account towards one contact: bursts that are paid back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::cache::Rates;
use shared::cache::rates::{PAIR, Pair};
use shared::domain::ids::{AccountId, ContactId};

use super::metrics::Metrics;
use super::together::Together;

/// Pairs that are counted alone, while Redis is away, before those that have paid back are forgotten.
const MOST_KEPT: usize = 50_000;

/// A message that may go by then is not put back: it stands in line for about so long anyway. Put back for
/// less, it would find its slot gone.
const IN_LINE: Duration = Duration::from_secs(1);

/// Keeps accounts from writing to one contact too often.
#[derive(Clone)]
pub struct Pairs {
    rates: Rates,
    takes: Arc<Together<(AccountId, ContactId, Instant), Option<Duration>>>,
    alone: Arc<Mutex<HashMap<(AccountId, ContactId), Burst>>>,
    metrics: Metrics,
}

/// A burst, and what it has to pay back.
#[derive(Clone, Copy, Debug)]
struct Burst {
    began: Instant,
    messages: u32,
    free_at: Instant,
}

impl Pairs {
    /// The pairs that `rates` count; while they are away each process counts its own.
    pub fn new(rates: Rates, metrics: Metrics) -> Self {
        Self { rates, takes: Arc::default(), alone: Arc::default(), metrics }
    }

    /// For each of `contacts` how long a message is put back, none where it may stand in line. Takes nothing.
    pub async fn waits(&self, account: AccountId, contacts: &[ContactId]) -> Vec<Option<Duration>> {
        // While Redis is away, taking says it.
        let waits =
            self.rates.pair_waits(account, contacts, IN_LINE).await.unwrap_or_else(|_| vec![None; contacts.len()]);
        self.metrics.pair_waits.inc_by(waits.iter().flatten().count() as u64);
        waits
    }

    /// Takes a message that will go at `at`; how long it has to wait instead where it may not. Those that are
    /// taken at the same time share a call.
    pub async fn take(&self, account: AccountId, contact: ContactId, at: Instant) -> Option<Duration> {
        let taken = self.takes.ask((account, contact, at), |all| self.take_all(all)).await;
        let wait = taken.unwrap_or_else(|| self.take_alone(account, contact, at));
        if wait.is_some() {
            self.metrics.pair_waits.inc();
        }
        wait
    }

    async fn take_all(&self, all: Vec<(AccountId, ContactId, Instant)>) -> Option<Vec<Option<Duration>>> {
        let now = Instant::now();
        let pair = |(account, contact, at): (AccountId, ContactId, Instant)| {
            let ahead = at.saturating_duration_since(now);
            Pair { account, contact, ahead }
        };
        let pairs: Vec<Pair> = all.into_iter().map(pair).collect();
        match self.rates.take_pairs(&pairs).await {
            Ok(waits) => Some(waits),
            Err(error) => {
                tracing::debug!(%error, "pairs are counted alone");
                None
            }
        }
    }

    /// A message that was taken goes later than it said, by `by`: its slot was missed.
    pub async fn moved(&self, account: AccountId, contact: ContactId, by: Duration) {
        if let Err(error) = self.rates.pair_moved(account, contact, by).await {
            tracing::debug!(%error, "a message goes later than its pair knows");
        }
    }

    /// The platform refused the pair: nothing goes to it for `wait`.
    pub async fn refused(&self, account: AccountId, contact: ContactId, wait: Duration) {
        if let Err(error) = self.rates.pair_refused(account, contact, wait).await {
            tracing::debug!(%error, "a refused pair is not known to the others");
        }
    }

    fn take_alone(&self, account: AccountId, contact: ContactId, at: Instant) -> Option<Duration> {
        let mut alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        if alone.len() >= MOST_KEPT {
            alone.retain(|_, burst| burst.free_at > at);
        }
        let burst = alone.entry((account, contact)).or_insert_with(|| Burst::beginning(at));
        burst.take(at)
    }
}

impl Burst {
    const fn beginning(at: Instant) -> Self {
        Self { began: at, messages: 0, free_at: at }
    }

    fn take(&mut self, at: Instant) -> Option<Duration> {
        if at >= self.free_at {
            *self = Self::beginning(at);
        }
        let goes_on = at.saturating_duration_since(self.began) < PAIR.lasts && self.messages < PAIR.most;
        if !goes_on {
            return Some(self.free_at.saturating_duration_since(at));
        }
        self.messages += 1;
        self.free_at += PAIR.distance;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_paid_back_before_the_next() {
        let start = Instant::now();
        let mut burst = Burst::beginning(start);
        assert!((0..20).all(|_| burst.take(start).is_none()));
        let wait = burst.take(start + Duration::from_secs(6)).expect("it is over");
        assert_eq!(wait + Duration::from_secs(6), PAIR.distance * 20);
        assert_eq!(burst.take(start + PAIR.distance * 20), None);
    }

    #[test]
    fn a_message_at_a_time_always_goes() {
        let start = Instant::now();
        let mut burst = Burst::beginning(start);
        assert!((0..100).all(|turn| burst.take(start + PAIR.distance * turn).is_none()));
    }

    #[test]
    fn a_burst_ends_at_its_most() {
        let start = Instant::now();
        let mut burst = Burst::beginning(start);
        let taken = (0..60).filter(|_| burst.take(start).is_none()).count();
        assert_eq!(u32::try_from(taken), Ok(PAIR.most));
    }
}
