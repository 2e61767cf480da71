//! What the app was told of and let into: numbers asked for, subscriptions, tokens taken back.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;

use crate::lock::lock;

/// How many of each are kept.
const MOST: usize = 10_000;

/// The app's standing with the accounts.
#[derive(Default)]
pub(crate) struct Apps(Mutex<Known>);

#[derive(Default)]
struct Known {
    numbers: VecDeque<String>,
    subscribed: BTreeSet<String>,
    revoked: BTreeSet<String>,
}

impl Apps {
    /// Notes that a number was asked for.
    pub(crate) fn ask(&self, number: &str) {
        let mut known = lock(&self.0);
        known.numbers.retain(|one| one != number);
        known.numbers.push_front(number.to_owned());
        known.numbers.truncate(MOST);
    }

    /// The numbers that were asked for, the latest first.
    pub(crate) fn numbers(&self) -> Vec<String> {
        lock(&self.0).numbers.iter().cloned().collect()
    }

    /// The app is told of what happens at `account`.
    pub(crate) fn subscribe(&self, account: &str) {
        add(&mut lock(&self.0).subscribed, account);
    }

    /// The app is told no more; whether it was.
    pub(crate) fn unsubscribe(&self, account: &str) -> bool {
        lock(&self.0).subscribed.remove(account)
    }

    /// Whether the app is told.
    pub(crate) fn has(&self, account: &str) -> bool {
        lock(&self.0).subscribed.contains(account)
    }

    /// Where the app is told, in order.
    pub(crate) fn subscribed(&self) -> Vec<String> {
        lock(&self.0).subscribed.iter().cloned().collect()
    }

    /// `token` holds no more.
    pub(crate) fn revoke(&self, token: &str) {
        add(&mut lock(&self.0).revoked, token);
    }

    /// Whether `token` was taken back.
    pub(crate) fn is_revoked(&self, token: &str) -> bool {
        lock(&self.0).revoked.contains(token)
    }
}

fn add(to: &mut BTreeSet<String>, one: &str) {
    if to.len() < MOST {
        to.insert(one.to_owned());
    }
}
