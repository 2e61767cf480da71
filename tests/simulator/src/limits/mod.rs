//! How much WhatsApp lets through: a number's throughput, its pace towards one customer, and how
//! many customers a business may address.

mod pair;
mod throughput;
mod tier;

use std::sync::Mutex;

use chrono::{DateTime, Utc};

use crate::behaviour::Behaviour;
use crate::lock::lock;
use crate::message::Message;
use pair::Pairs;
use throughput::Throughput;
use tier::Tier;

/// Meta: a number fixed to the pace of the app on a phone.
const COEXISTENCE: u32 = 20;
/// Meta's codes.
const TOO_FAST: i64 = 130_429;
const TOO_FAST_FOR_PAIR: i64 = 131_056;
/// Meta names no code for the limit of customers; this one speaks of how many messages a number
/// may send.
const TOO_MANY_CUSTOMERS: i64 = 131_048;

/// What was let through lately.
#[derive(Default)]
pub(crate) struct Limits {
    throughput: Mutex<Throughput>,
    pairs: Mutex<Pairs>,
    tier: Mutex<Tier>,
}

impl Limits {
    /// The code that `message` is refused with, `has_window` telling whether its customer wrote lately; none where it is let through, which is noted.
    pub(crate) fn check(
        &self,
        behaviour: &Behaviour,
        message: &Message,
        has_window: bool,
        now: DateTime<Utc>,
    ) -> Option<i64> {
        // All are asked under all locks: what one refuses must not count for the others.
        let mut throughput = lock(&self.throughput);
        let mut pairs = lock(&self.pairs);
        let mut tier = lock(&self.tier);
        let (number, customer) = (message.account.as_str(), message.customer.as_str());
        let per_second = per_second(behaviour, number);
        let is_stranger = !has_window && message.nature.is_template();
        let most_strangers = behaviour.tier.get().filter(|_| is_stranger);
        if per_second.is_some_and(|limit| !throughput.has_room(number, limit, now)) {
            return Some(TOO_FAST);
        }
        if most_strangers.is_some_and(|limit| !tier.has_room(customer, limit, now)) {
            return Some(TOO_MANY_CUSTOMERS);
        }
        if behaviour.pair_burst.get().is_some_and(|burst| !pairs.take(number, customer, burst, now)) {
            return Some(TOO_FAST_FOR_PAIR);
        }
        if per_second.is_some() {
            throughput.note(number, now);
        }
        if most_strangers.is_some() {
            tier.note(customer, now);
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
