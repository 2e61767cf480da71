//! How much WhatsApp lets through: a number's throughput, its pace towards one customer, and how
//! many customers a business may address.

mod pair;
mod throughput;

use std::sync::Mutex;

use chrono::{DateTime, Utc};

use crate::behaviour::Behaviour;
use crate::lock::lock;
use crate::message::Message;
use pair::Pairs;
use throughput::Throughput;

/// Meta: a number fixed to the pace of the app on a phone.
const COEXISTENCE: u32 = 20;
/// Meta's codes.
const TOO_FAST: i64 = 130_429;
const TOO_FAST_FOR_PAIR: i64 = 131_056;

/// What was let through lately.
#[derive(Default)]
pub(crate) struct Limits {
    throughput: Mutex<Throughput>,
    pairs: Mutex<Pairs>,
}

impl Limits {
    /// The code that `message` is refused with; none where it is let through, which is noted.
    pub(crate) fn check(&self, behaviour: &Behaviour, message: &Message, now: DateTime<Utc>) -> Option<i64> {
        // Both are asked under both locks: what one refuses must not count for the other.
        let mut throughput = lock(&self.throughput);
        let mut pairs = lock(&self.pairs);
        let number = message.account.as_str();
        if let Some(limit) = per_second(behaviour, number)
            && !throughput.has_room(number, limit, now)
        {
            return Some(TOO_FAST);
        }
        if let Some(burst) = behaviour.pair_burst.get()
            && !pairs.take(number, message.customer.as_str(), burst, now)
        {
            return Some(TOO_FAST_FOR_PAIR);
        }
        if per_second(behaviour, number).is_some() {
            throughput.note(number, now);
        }
        None
    }

    /// Notes what a customer wrote: it counts for the number's throughput.
    pub(crate) fn note_inbound(&self, behaviour: &Behaviour, number: &str, now: DateTime<Utc>) {
        if per_second(behaviour, number).is_some() {
            lock(&self.throughput).note(number, now);
        }
    }
}

/// Messages that the number may send and get in a second.
fn per_second(behaviour: &Behaviour, number: &str) -> Option<u32> {
    let limit = behaviour.throughput.get()?;
    let is_slow = behaviour.coexistence.iter().any(|slow| slow == number);
    Some(if is_slow { limit.min(COEXISTENCE) } else { limit })
}
