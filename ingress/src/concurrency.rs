//! How many events may wait for being durable at once: as many as are durable and answered within the time that the last
//! of them may wait, and no more. Past capacity the others are refused at once instead of making everybody late.
//!
//! The number follows from what the waits were lately, whatever they are made of: how fast the broker or the disk is, how
//! many events share a message, how many messages are in flight, how much else the machine has to do. By Little's law as
//! many wait as come in, times how long each waits; so where the longest wait of a window was twice the target, half of
//! those who waited then are as many as may. While waits are short the number grows back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The longest that it should take from a request that is read to its answer. The client also waits for its turn to be
/// read, which is as long again on a machine that has no time left.
const TARGET: Duration = Duration::from_millis(25);
/// So often the number is looked at: a few times in a target, so that it follows before the target is far off.
const WINDOW: Duration = Duration::from_millis(10);
/// No fewer: so few waiters are no overload but a broker that is slow, and the platform rather waits than comes again.
const LEAST: usize = 256;
/// No more: what a machine at its best makes durable in twice the target.
const MOST: usize = 4 * 1024;
/// In a window without long waits the number grows by such a share of itself.
const GROWTH: usize = 16;

/// The number, and what it follows from.
#[derive(Debug)]
pub(crate) struct Concurrency {
    began: Instant,
    limit: AtomicUsize,
    waiting: AtomicUsize,
    /// When the window ends, in microseconds from the beginning.
    window_ends: AtomicU64,
    /// Who came before this moment does not count: the number was lowered since, and they would lower it again.
    counts_from: AtomicU64,
    /// Of the window: the longest wait that ended, in microseconds, zero where none did; and the most that waited.
    longest: AtomicU64,
    crowd: AtomicUsize,
}

/// An event's place among those that wait; given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    concurrency: Arc<Concurrency>,
    since: Instant,
}

/// A request whose event waits. It waits for longer than its event, until it has its turn to be answered; who hung up
/// waits no more, and tells nothing.
#[derive(Debug)]
pub(crate) struct Waiting {
    concurrency: Arc<Concurrency>,
    since: Instant,
}

impl Waiting {
    /// The request is answered now.
    pub(crate) fn end(self) {
        self.concurrency.waited(self.since, Instant::now());
    }
}

/// As many wait as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crowded;

impl Concurrency {
    /// With nobody waiting, and no bad experience.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            limit: AtomicUsize::new(MOST),
            waiting: AtomicUsize::new(0),
            window_ends: AtomicU64::new(micros(WINDOW)),
            counts_from: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            crowd: AtomicUsize::new(0),
        })
    }

    /// A place, where there is one.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<(Place, Waiting), Crowded> {
        self.take()?;
        let (place, waiting, since) = (Arc::clone(self), Arc::clone(self), Instant::now());
        Ok((Place { concurrency: place, since }, Waiting { concurrency: waiting, since }))
    }

    /// Whether there is no place at present.
    pub(crate) fn is_crowded(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= self.limit.load(Ordering::Relaxed)
    }

    fn take(&self) -> Result<(), Crowded> {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        if waiting >= self.limit.load(Ordering::Relaxed) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Crowded);
        }
        self.crowd.fetch_max(waiting + 1, Ordering::Relaxed);
        Ok(())
    }

    fn give_back(&self, since: Instant, now: Instant) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.waited(since, now);
    }

    fn waited(&self, since: Instant, now: Instant) {
        let (since, now) = (micros(since - self.began), micros(now - self.began));
        if since >= self.counts_from.load(Ordering::Relaxed) {
            self.longest.fetch_max((now - since).max(1), Ordering::Relaxed);
        }
        let (ends, next) = (self.window_ends.load(Ordering::Relaxed), now + micros(WINDOW));
        // Whoever ends the window looks; the others go their way.
        if now >= ends && self.window_ends.compare_exchange(ends, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.adjust(now);
        }
    }

    fn adjust(&self, now: u64) {
        let longest = Duration::from_micros(self.longest.swap(0, Ordering::Relaxed));
        let crowd = self.crowd.swap(self.waiting.load(Ordering::Relaxed), Ordering::Relaxed);
        if longest.is_zero() {
            return;
        }
        let limit = self.limit.load(Ordering::Relaxed);
        if longest > TARGET {
            self.counts_from.store(now, Ordering::Relaxed);
        }
        self.limit.store(adjusted(limit, crowd, longest), Ordering::Relaxed);
    }
}

/// The next number, after a window in which `crowd` waited at most, and the longest of them for `longest`.
fn adjusted(limit: usize, crowd: usize, longest: Duration) -> usize {
    if longest <= TARGET {
        return (limit + limit / GROWTH).min(MOST);
    }
    let (target, longest) = (TARGET.as_micros(), longest.as_micros());
    let fits = (crowd as u128 * target).checked_div(longest).unwrap_or(0);
    // By half at most: a broker that stood still once, until the spool took over, was not overloaded.
    let least = LEAST.max(limit / 2);
    usize::try_from(fits).unwrap_or(MOST).clamp(least, limit.max(least))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Drop for Place {
    fn drop(&mut self) {
        self.concurrency.give_back(self.since, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    #[test]
    fn the_number_follows_the_waits_and_grows_back() {
        assert_eq!(adjusted(3_000, 3_600, TARGET * 2), 1_800);
        assert_eq!(adjusted(1_000, 4_000, TARGET * 2), 1_000, "it does not grow on a long wait");
        assert_eq!(adjusted(1_600, 1_600, TARGET), 1_700);
        assert_eq!(adjusted(MOST, 10, Duration::ZERO), MOST);
    }

    #[test]
    fn a_few_may_wait_however_slow_the_broker_is() {
        assert_eq!(adjusted(LEAST, 10, Duration::from_secs(5)), LEAST);
        assert_eq!(adjusted(LEAST + 100, LEAST, Duration::from_secs(5)), LEAST);
    }

    #[test]
    fn one_long_wait_costs_half_at_most() {
        assert_eq!(adjusted(MOST, 800, Duration::from_millis(1_500)), MOST / 2);
    }

    #[test]
    fn past_the_number_there_is_no_place_until_one_leaves() {
        let concurrency = Concurrency::new();
        concurrency.limit.store(2, Ordering::Relaxed);
        let (first, _second) = (concurrency.enter().unwrap(), concurrency.enter().unwrap());
        assert!(concurrency.is_crowded());
        assert_eq!(concurrency.enter().err(), Some(Crowded));
        drop(first);
        assert!(concurrency.enter().is_ok());
    }

    #[test]
    fn a_wait_lasts_until_the_request_has_its_turn_to_be_answered() {
        let concurrency = Concurrency::new();
        concurrency.window_ends.store(u64::MAX, Ordering::Relaxed);
        let (place, waiting) = concurrency.enter().unwrap();
        drop(place);
        let durable = concurrency.longest.load(Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(2));
        waiting.end();
        assert!(concurrency.longest.load(Ordering::Relaxed) >= durable + 2_000);
    }

    /// A broker that takes `served` events every millisecond, and three times as many clients: the waits of the last
    /// second and how many were served in it, as shares of the target and of what could have been.
    fn overloaded(served: u32) -> (f64, f64) {
        const MILLISECOND: Duration = Duration::from_millis(1);
        let concurrency = Concurrency::new();
        let mut waiting = VecDeque::new();
        let (mut longest, mut count) = (Duration::ZERO, 0);
        for tick in 0..3_000 {
            let now = concurrency.began + MILLISECOND * tick;
            let came = (0..served * 3).map_while(|_| concurrency.take().ok());
            waiting.extend(came.map(|()| now));
            for since in waiting.drain(..(served as usize).min(waiting.len())) {
                concurrency.give_back(since, now);
                if tick >= 2_000 {
                    longest = longest.max(now - since);
                    count += 1;
                }
            }
        }
        (longest.as_secs_f64() / TARGET.as_secs_f64(), f64::from(count) / (f64::from(served) * 1_000.0))
    }

    #[test]
    fn past_capacity_waits_stay_near_the_target_and_the_broker_stays_busy() {
        for served in [10, 30, 100] {
            let (wait, busy) = overloaded(served);
            assert!(wait < 1.6 && busy > 0.99, "{served} a millisecond: {wait} of the target, {busy} of capacity");
        }
    }
}
