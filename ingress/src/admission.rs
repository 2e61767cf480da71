//! How much of clients' bytes is in memory at once: a budget that is never overdrawn.
//!
//! And how many events wait for being durable, which is another bound: bytes bound memory, waiters bound time.
//!
//! Room is taken as bytes arrive, not as they are announced: a client that promises much and sends
//! little takes little. It is given back when the event is durable or refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use prometheus::IntGauge;
use shared::events::raw::RawEvent;

use crate::concurrency::{Concurrency, Crowded, Place, Waiting};

/// What a request costs besides its body: buffers, the event's head, a task.
const OVERHEAD: usize = 1024;
/// A body is read even where its event may not wait: to read so little costs less than the client's next connection.
const WORTH_READING: usize = 16 * 1024;

/// The bytes that may be in memory at once.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    used: AtomicUsize,
    gauge: IntGauge,
    waiting: Arc<Concurrency>,
}

/// A request's share of the budget; it goes back when this is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    budget: Arc<Budget>,
    bytes: usize,
    /// Once its event waits for being durable.
    place: Option<Place>,
}

/// An event with its share of the budget, which goes back when the event is durable or given up.
#[derive(Debug)]
pub struct Admitted {
    /// What came in.
    pub event: RawEvent,
    #[expect(dead_code, reason = "it is kept for its end")]
    room: Room,
}

impl Admitted {
    pub(crate) const fn new(event: RawEvent, room: Room) -> Self {
        Self { event, room }
    }
}

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    pub(crate) fn new(limit: usize, gauge: IntGauge) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicUsize::new(0), gauge, waiting: Concurrency::new() })
    }

    /// Lets a request in whose body will have `announced` bytes, as far as is known.
    pub(crate) fn admit(self: &Arc<Self>, announced: usize) -> Result<Room, Exhausted> {
        let mut room = Room { budget: Arc::clone(self), bytes: 0, place: None };
        room.grow(OVERHEAD)?;
        let left = self.limit.saturating_sub(self.used.load(Ordering::Relaxed));
        if announced > left || (announced > WORTH_READING && self.waiting.is_crowded()) {
            return Err(Exhausted);
        }
        Ok(room)
    }
}

impl Room {
    /// Takes `bytes` more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let budget = &self.budget;
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= budget.limit);
        budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).map_err(|_| Exhausted)?;
        self.bytes += bytes;
        self.budget.gauge.add(signed(bytes));
        Ok(())
    }

    /// The request is read, and its event waits from here on until this is dropped.
    pub(crate) fn wait(&mut self) -> Result<Waiting, Crowded> {
        let (place, waiting) = self.budget.waiting.enter()?;
        self.place = Some(place);
        Ok(waiting)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
        self.budget.gauge.sub(signed(self.bytes));
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(limit: usize) -> Arc<Budget> {
        Budget::new(limit, IntGauge::new("bytes", "bytes").unwrap())
    }

    #[test]
    fn what_does_not_fit_is_refused_and_takes_nothing() {
        let budget = budget(OVERHEAD + 100);
        let mut room = budget.admit(100).unwrap();
        room.grow(60).unwrap();
        assert_eq!(room.grow(41), Err(Exhausted));
        room.grow(40).unwrap();
        assert_eq!(budget.gauge.get(), signed(OVERHEAD + 100));
    }

    #[test]
    fn an_announcement_is_refused_at_once_but_takes_no_room() {
        let budget = budget(2 * OVERHEAD + 100);
        assert_eq!(budget.admit(2 * OVERHEAD).err(), Some(Exhausted));
        let _first = budget.admit(100).unwrap();
        assert!(budget.admit(100).is_ok());
    }

    #[test]
    fn room_comes_back() {
        let budget = budget(OVERHEAD + 100);
        let mut room = budget.admit(100).unwrap();
        room.grow(100).unwrap();
        assert!(budget.admit(0).is_err());
        drop(room);
        assert_eq!(budget.gauge.get(), 0);
        assert!(budget.admit(100).is_ok());
    }
}
