//! The slots of an account that were given out and are still to come.
//!
//! Which of its messages goes at which moment does not matter to an account's limit. So whoever is ready takes the
//! earliest, and a message that is marked late costs nobody's slot.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shared::cache::spacing;

/// How much earlier than its own slot a message may go: the pace towards its recipient leaves room for so much.
const EARLY: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(super) struct Ahead(Mutex<BTreeSet<Instant>>);

/// What somebody who is ready gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// None where all were missed.
    pub(super) slot: Option<Instant>,
    /// Slots that nobody was ready for.
    pub(super) missed: usize,
}

impl Ahead {
    pub(super) fn give_out(&self, slot: Instant) {
        self.slots().insert(slot);
    }

    /// Whether it was still there.
    pub(super) fn take_back(&self, slot: Instant) -> bool {
        self.slots().remove(&slot)
    }

    /// Takes the earliest slot for a message whose own is `own`.
    pub(super) fn take(&self, own: Instant, now: Instant) -> Taken {
        let mut slots = self.slots();
        let given_out = slots.len();
        if let Some(over) = now.checked_sub(spacing::MOST_LATE) {
            *slots = slots.split_off(&over);
        }
        let missed = given_out - slots.len();
        let slot = slots.range(own.checked_sub(EARLY).unwrap_or(own)..).next().copied();
        if let Some(slot) = slot {
            slots.remove(&slot);
        }
        Taken { slot, missed }
    }

    fn slots(&self) -> MutexGuard<'_, BTreeSet<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(slots: &[Instant]) -> Ahead {
        let ahead = Ahead::default();
        for slot in slots {
            ahead.give_out(*slot);
        }
        ahead
    }

    #[test]
    fn who_is_ready_first_goes_first_and_who_comes_late_gets_what_is_left() {
        let now = Instant::now();
        let slots: Vec<Instant> = (1..=3).map(|step| now + Duration::from_millis(step * 10)).collect();
        let ahead = ahead(&slots);
        let second = ahead.take(slots[1], now);
        let third = ahead.take(slots[2], now);
        let first = ahead.take(slots[0], now + Duration::from_millis(25));
        assert_eq!([second.slot, third.slot, first.slot].map(Option::unwrap), slots[..]);
        assert_eq!(ahead.take(slots[0], now), Taken { slot: None, missed: 0 });
    }

    #[test]
    fn nobody_goes_much_earlier_than_its_recipient_was_told() {
        let now = Instant::now();
        let (soon, late) = (now + Duration::from_millis(1), now + Duration::from_millis(100));
        let ahead = ahead(&[soon, late]);
        assert_eq!(ahead.take(late, now).slot, Some(late));
    }

    #[test]
    fn what_is_over_is_missed() {
        let now = Instant::now();
        let slots = [now, now + Duration::from_millis(1), now + Duration::from_millis(20)];
        let taken = ahead(&slots).take(slots[0], now + spacing::MOST_LATE + Duration::from_millis(5));
        assert_eq!(taken, Taken { slot: Some(slots[2]), missed: 2 });
    }
}
