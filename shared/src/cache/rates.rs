//! The rates that hold across all replicas: an account's throughput, and that of account and contact.
//!
//! Both are generic cell rates kept in Redis by one script each, so that replicas never agree on more
//! than there is. An account's script gives leases: lists of send times. Whoever holds a lease keeps to
//! its times; [`spacing`] says why no second then holds more than the limit.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use redis::Script;

use super::clock::Clock;
use super::connection::{Cache, CacheError};
use super::spacing;
use crate::domain::ids::{AccountId, ContactId};

/// The most that one lease spans; one slot at least.
const LEASE: Duration = Duration::from_millis(50);
/// The first slot lies so far ahead: a message is marked as being sent before it comes.
const LEAD: Duration = Duration::from_millis(25);
/// So far ahead slots are handed out. A replica that dies takes no more than this with it.
const AHEAD: Duration = Duration::from_millis(250);
/// After Redis was emptied nobody knows what went out in the second before: it is waited out, together
/// with the slots that were handed out already.
const AFTER_EMPTYING: Duration = Duration::from_millis(1_400);
/// What a halved pace gets back every second, as a share of the limit: from a half in 50 s.
const RECOVERY: f64 = 0.01;
/// The pace of an account towards one contact.
pub const PAIR: PairPace =
    PairPace { distance: Duration::from_millis(6_100), lasts: Duration::from_millis(5_800), most: 44 };

static SLOTS: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/slots.lua")));
static THROTTLED: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/throttled.lua")));
static PAIRS: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/pairs.lua")));
static PAIR_MOVED: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/pair_moved.lua")));
static PAIR_REFUSED: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/pair_refused.lua")));
static RECEIVED: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/received.lua")));

/// What an account may do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lease {
    /// Send at these moments, or not at all. The shortest distance between two is given.
    Slots(Vec<Instant>, Duration),
    /// Ask again after this time: enough slots are out.
    Wait(Duration),
}

/// An account and a contact that it writes to.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// From where.
    pub account: AccountId,
    /// To whom.
    pub contact: ContactId,
    /// How soon.
    pub ahead: Duration,
}

/// How often one contact may be written to by one account. WhatsApp takes a burst of 45 messages within
/// 6 s, and nothing more before each is paid back with 6 s (platform notes, section 9); ours is a little
/// below.
#[derive(Clone, Copy, Debug)]
pub struct PairPace {
    /// What each message is paid back with.
    pub distance: Duration,
    /// How long a burst goes on.
    pub lasts: Duration,
    /// Messages of a burst.
    pub most: u32,
}

/// The rates in Redis.
#[derive(Clone, Debug)]
pub struct Rates {
    cache: Cache,
    prefix: Arc<str>,
    clock: Clock,
}

impl Rates {
    /// The rates that all processes at `cache` share.
    pub fn new(cache: Cache) -> Self {
        Self::under(cache, "loa:")
    }

    /// Rates whose keys begin with `prefix`: apart from those of others.
    pub fn under(cache: Cache, prefix: &str) -> Self {
        Self { cache, prefix: prefix.into(), clock: Clock::new() }
    }

    /// Leases at most `wanted` slots of `account`, which may send and receive `per_second` messages a
    /// second in all. What came in of late is taken off.
    pub async fn lease(&self, account: AccountId, per_second: u32, wanted: usize) -> Result<Lease, CacheError> {
        let mut script = SLOTS.prepare_invoke();
        script.key(self.bucket(account)).key(self.inbound(account)).key(format!("{}kept", self.prefix));
        script.arg(per_second.max(1)).arg(spacing::SLACK).arg(wanted.max(1));
        script.arg(micros(LEASE)).arg(micros(LEAD)).arg(micros(AHEAD)).arg(micros(AFTER_EMPTYING)).arg(RECOVERY);
        let asked = Instant::now();
        let answer: Vec<i64> =
            self.cache.call(async |mut connection| script.invoke_async(&mut connection).await).await?;
        let [now, wait, distance, _, slots @ ..] = answer.as_slice() else {
            return Err(CacheError::Unexpected);
        };
        self.clock.observe(asked, Instant::now(), *now);
        if slots.is_empty() {
            return Ok(Lease::Wait(duration(*wait)));
        }
        let slots = slots.iter().filter_map(|slot| self.clock.instant(*slot)).collect();
        Ok(Lease::Slots(slots, duration(*distance)))
    }

    /// Halves the pace of `account`, which recovers slowly: its platform said that it was too fast.
    /// Gives the share of its limit that is left, in thousandths.
    pub async fn throttled(&self, account: AccountId) -> Result<u32, CacheError> {
        let mut script = THROTTLED.prepare_invoke();
        script.key(self.bucket(account)).arg(RECOVERY);
        self.cache.call(async |mut connection| script.invoke_async(&mut connection).await).await
    }

    /// For each of `contacts` how much longer than `ahead` a message from `account` has to wait, none where
    /// it may go by then.
    pub async fn pair_waits(
        &self,
        account: AccountId,
        contacts: &[ContactId],
        ahead: Duration,
    ) -> Result<Vec<Option<Duration>>, CacheError> {
        let pairs: Vec<Pair> = contacts.iter().map(|contact| Pair { account, contact: *contact, ahead }).collect();
        self.pairs(&pairs, false).await
    }

    /// Takes a message for each of `pairs`, which will go when the pair says; how long it has to wait instead
    /// where it may not.
    pub async fn take_pairs(&self, pairs: &[Pair]) -> Result<Vec<Option<Duration>>, CacheError> {
        self.pairs(pairs, true).await
    }

    /// A message that [`take_pairs`](Self::take_pairs) took goes later than it said, by `by`.
    pub async fn pair_moved(&self, account: AccountId, contact: ContactId, by: Duration) -> Result<(), CacheError> {
        let mut script = PAIR_MOVED.prepare_invoke();
        script.key(self.pair(account, contact)).arg(micros(by));
        self.cache.call(async |mut connection| script.invoke_async::<i64>(&mut connection).await).await.map(drop)
    }

    async fn pairs(&self, pairs: &[Pair], take: bool) -> Result<Vec<Option<Duration>>, CacheError> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let mut script = PAIRS.prepare_invoke();
        for pair in pairs {
            script.key(self.pair(pair.account, pair.contact));
        }
        script.arg(micros(PAIR.distance)).arg(micros(PAIR.lasts)).arg(PAIR.most).arg(i32::from(take));
        for pair in pairs {
            script.arg(micros(pair.ahead));
        }
        let waits: Vec<i64> =
            self.cache.call(async |mut connection| script.invoke_async(&mut connection).await).await?;
        if waits.len() != pairs.len() {
            return Err(CacheError::Unexpected);
        }
        Ok(waits.into_iter().map(|wait| (wait > 0).then(|| duration(wait))).collect())
    }

    /// Nothing goes from `account` to `contact` for `wait`: the platform said that it was too much.
    pub async fn pair_refused(&self, account: AccountId, contact: ContactId, wait: Duration) -> Result<(), CacheError> {
        let mut script = PAIR_REFUSED.prepare_invoke();
        script.key(self.pair(account, contact)).arg(micros(wait)).arg(PAIR.most);
        self.cache.call(async |mut connection| script.invoke_async::<i64>(&mut connection).await).await.map(drop)
    }

    /// Tells how many messages came in for each account, which counts against the same limit.
    pub async fn received(&self, counts: &[(AccountId, u32)]) -> Result<(), CacheError> {
        if counts.is_empty() {
            return Ok(());
        }
        let mut script = RECEIVED.prepare_invoke();
        for (account, count) in counts {
            script.key(self.inbound(*account)).arg(*count);
        }
        self.cache.call(async |mut connection| script.invoke_async::<i64>(&mut connection).await).await.map(drop)
    }

    fn bucket(&self, account: AccountId) -> String {
        format!("{}rate:{account}", self.prefix)
    }

    fn inbound(&self, account: AccountId) -> String {
        format!("{}in:{account}", self.prefix)
    }

    fn pair(&self, account: AccountId, contact: ContactId) -> String {
        format!("{}pair:{account}:{contact}", self.prefix)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
