//! The pace of accounts: every send has a slot, a moment that it keeps or forfeits.
//!
//! The slots come from Redis, where all replicas lease them ([`shared::cache::spacing`] has the arithmetic).
//! While Redis is away each process goes on alone at its share of the limit, with replies only.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use shared::cache::{CacheError, Lease, Rates, spacing};
use shared::domain::clock;
use shared::domain::ids::AccountId;
use tokio::time::{sleep, sleep_until};

use super::ahead::{Ahead, Taken};
use super::metrics::Metrics;

/// More accounts than this in one process, and those that nobody sends from are forgotten.
const MOST_KEPT: usize = 10_000;
/// How soon Redis is asked again after it did not answer.
const AWAY: Duration = Duration::from_millis(500);
/// How long what may not go without Redis is put back.
const UNTIL_BACK: Duration = Duration::from_secs(5);
/// The longest that somebody waits in line before looking again whether Redis has slots.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// Keeps accounts to their throughput.
#[derive(Clone)]
pub struct Pace {
    rates: Rates,
    replicas: NonZeroU32,
    metrics: Metrics,
    accounts: Arc<Mutex<HashMap<AccountId, Arc<Account>>>>,
}

/// What one's turn is.
#[derive(Debug)]
pub enum Turn {
    /// To send at this moment.
    Slot(Slot),
    /// To come again: Redis is away, and this is no reply.
    Later(Duration),
}

/// A moment to send at.
#[derive(Debug)]
pub struct Slot {
    at: Instant,
    leased: bool,
    account: Arc<Account>,
    metrics: Metrics,
}

#[derive(Debug)]
struct Account {
    per_second: u32,
    /// How many stand in line.
    waiting: AtomicUsize,
    line: tokio::sync::Mutex<Line>,
    ahead: Ahead,
    /// Whatever Redis says, no faster than this.
    guard: DefaultDirectRateLimiter,
}

#[derive(Debug, Default)]
struct Line {
    slots: VecDeque<Instant>,
    away: Option<Away>,
}

/// Redis does not answer.
#[derive(Debug)]
struct Away {
    until: Instant,
    alone: DefaultDirectRateLimiter,
}

impl Pace {
    /// The pace that `rates` keep, of `replicas` senders while they are away.
    pub fn new(rates: Rates, replicas: NonZeroU32, metrics: Metrics) -> Self {
        Self { rates, replicas, metrics, accounts: Arc::default() }
    }

    /// Waits for the next slot of `account`, allowed `per_second` messages a second.
    pub async fn slot(&self, account: AccountId, per_second: u32, is_reply: bool) -> Turn {
        let kept = self.account(account, per_second);
        let _in_line = InLine::enter(&kept.waiting);
        let asked = Instant::now();
        let mut line = kept.line.lock().await;
        let turn = self.next(account, &kept, &mut line, is_reply).await;
        drop(line);
        self.metrics.slot_wait.observe(asked.elapsed().as_secs_f64());
        match turn {
            None => Turn::Later(UNTIL_BACK),
            Some((at, leased)) => {
                if leased {
                    kept.ahead.give_out(at);
                }
                Turn::Slot(Slot { at, leased, account: Arc::clone(&kept), metrics: self.metrics.clone() })
            }
        }
    }

    async fn next(&self, id: AccountId, account: &Account, line: &mut Line, is_reply: bool) -> Option<(Instant, bool)> {
        loop {
            while let Some(at) = line.slots.pop_front() {
                self.metrics.tokens.dec();
                if at + spacing::MOST_LATE > Instant::now() {
                    return Some((at, true));
                }
                self.metrics.slots.with_label_values(&["missed"]).inc();
            }
            if line.away.as_ref().is_none_or(|away| Instant::now() >= away.until) {
                let wanted = account.waiting.load(Ordering::Relaxed).max(1);
                match self.rates.lease(id, account.per_second, wanted).await {
                    Ok(Lease::Slots(slots, _)) => {
                        self.back(line);
                        self.metrics.tokens.add(i64::try_from(slots.len()).unwrap_or(0));
                        line.slots.extend(slots);
                        continue;
                    }
                    Ok(Lease::Wait(time)) => {
                        self.back(line);
                        sleep(time.min(LONGEST_WAIT)).await;
                        continue;
                    }
                    Err(error) => self.gone(line, account.per_second, &error),
                }
            }
            let alone = line.away.as_ref().filter(|_| is_reply).map(|away| &away.alone)?;
            alone.until_ready().await;
            return Some((Instant::now(), false));
        }
    }

    fn gone(&self, line: &mut Line, per_second: u32, error: &CacheError) {
        let until = Instant::now() + AWAY;
        if let Some(away) = &mut line.away {
            away.until = until;
            return;
        }
        tracing::warn!(%error, replicas = self.replicas, "Redis is away: replies only, at this process's share");
        self.metrics.alone.inc();
        let alone = RateLimiter::direct(one_in(spacing::distance(per_second) * self.replicas.get()));
        // What was leased before may still go out: the first of its own comes a whole distance later.
        let _ = alone.check();
        line.away = Some(Away { until, alone });
    }

    fn back(&self, line: &mut Line) {
        if line.away.take().is_some() {
            tracing::info!("Redis is back");
            self.metrics.alone.dec();
        }
    }

    /// The platform said that `account` was too fast: it is slowed for a while, everywhere.
    pub async fn throttled(&self, account: AccountId) {
        self.metrics.throttles.inc();
        match self.rates.throttled(account).await {
            Ok(left) => tracing::warn!(account.id = %account, thousandths = left, "throttled: the pace is lowered"),
            Err(error) => tracing::warn!(account.id = %account, %error, "throttled, and Redis does not know"),
        }
    }

    fn account(&self, account: AccountId, per_second: u32) -> Arc<Account> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        match accounts.get(&account) {
            Some(known) if known.per_second == per_second => return Arc::clone(known),
            _ if accounts.len() >= MOST_KEPT => accounts.retain(|_, kept| Arc::strong_count(kept) > 1),
            _ => {}
        }
        let kept = Arc::new(Account::new(per_second));
        accounts.insert(account, Arc::clone(&kept));
        kept
    }
}

impl Account {
    fn new(per_second: u32) -> Self {
        let distance = spacing::distance(per_second);
        // As many as may be late at once, on their own and because those before them were.
        let late = (spacing::MOST_LATE * 2).as_micros() / distance.as_micros().max(1);
        let burst = NonZeroU32::MIN.saturating_add(u32::try_from(late).unwrap_or(0).saturating_add(2));
        Self {
            per_second,
            waiting: AtomicUsize::new(0),
            line: tokio::sync::Mutex::default(),
            ahead: Ahead::default(),
            guard: RateLimiter::direct(one_in(distance).allow_burst(burst)),
        }
    }
}

impl Slot {
    /// When it is.
    pub const fn instant(&self) -> Instant {
        self.at
    }

    /// Leaves it to whoever comes next. While somebody waits for Redis it is forfeited: by the end of the
    /// wait it would be over.
    pub fn give_back(self) {
        if self.leased
            && let Ok(mut line) = self.account.line.try_lock()
            && self.account.ahead.take_back(self.at)
        {
            self.metrics.tokens.inc();
            line.slots.push_front(self.at);
        }
    }

    /// When it is, by the wall clock.
    pub fn moment(&self) -> DateTime<Utc> {
        let ahead = self.at.saturating_duration_since(Instant::now());
        clock::now() + TimeDelta::from_std(ahead).unwrap_or_default()
    }

    /// Waits for the moment, or for an earlier one that nobody was ready for; gives the one it was and the time
    /// at which the send leaves. None where all are over.
    pub async fn keep(self) -> Option<(Instant, DateTime<Utc>)> {
        if !self.leased {
            sleep_until(self.at.into()).await;
            self.count("alone", 1);
            return Some((self.at, clock::now()));
        }
        let Taken { slot, missed } = self.account.ahead.take(self.at, Instant::now());
        self.count("missed", missed);
        let at = slot?;
        sleep_until(at.into()).await;
        let stamp = clock::now();
        let is_kept = at.elapsed() <= spacing::MOST_LATE && self.account.guard.check().is_ok();
        self.count(if is_kept { "kept" } else { "overslept" }, 1);
        is_kept.then_some((at, stamp))
    }

    fn count(&self, outcome: &str, slots: usize) {
        self.metrics.slots.with_label_values(&[outcome]).inc_by(slots as u64);
    }
}

/// Counts whoever stands in line, until dropped.
struct InLine<'a>(&'a AtomicUsize);

impl<'a> InLine<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn one_in(distance: Duration) -> Quota {
    // No distance is zero; were one, a second is no harm.
    Quota::with_period(distance).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
}
