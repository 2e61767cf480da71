//! What is known of addresses, and what a batch of events changes in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::AddressKey;
use super::entry::Entry;
#[cfg(test)]
use super::glance::Glance;
use crate::domain::ids::{ContactId, MerchantId};

/// A contact that is known already.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The contact.
    pub id: ContactId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// When they were first seen, by the platform's clock.
    pub first_seen: DateTime<Utc>,
    /// When they were last seen.
    pub last_seen: DateTime<Utc>,
    /// When they were last seen by more than a phone number.
    pub last_certain: DateTime<Utc>,
}

/// An address that leads, or led, to a contact.
#[derive(Clone, Debug)]
pub struct Address {
    /// The address.
    pub key: AddressKey,
    /// The contact.
    pub contact: ContactId,
    /// When the contact gave it up; none while it is theirs.
    pub until: Option<DateTime<Utc>>,
}

/// An address that somebody had until a moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Former {
    /// The address.
    pub key: AddressKey,
    /// Whose it was.
    pub contact: ContactId,
    /// Until when, by the platform's clock.
    pub until: DateTime<Utc>,
}

/// A contact that nobody had met before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// Whose.
    pub merchant_id: MerchantId,
    /// When they were first seen.
    pub at: DateTime<Utc>,
}

/// What events changed; everything in it names contacts as they are after all merges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Contacts to add.
    pub new: BTreeMap<ContactId, Newcomer>,
    /// Contacts that turned out to be others, and whom.
    pub merged: BTreeMap<ContactId, ContactId>,
    /// Addresses that lead elsewhere now, or nowhere.
    pub holders: BTreeMap<AddressKey, Option<ContactId>>,
    /// Addresses that were given up.
    pub former: BTreeSet<Former>,
}

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.merged.is_empty() && self.holders.is_empty() && self.former.is_empty()
    }
}

/// Who holds an address at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) contact: ContactId,
    /// When they gave it up; none while it is theirs.
    pub(super) until: Option<DateTime<Utc>>,
}

/// The addresses and contacts that a batch of events speaks of. Fed with what is known, asked event by
/// event in the order they were told, and at last for what has to be written.
#[derive(Clone, Debug, Default)]
pub struct AddressBook {
    holders: HashMap<AddressKey, ContactId>,
    former: HashMap<AddressKey, BTreeSet<(DateTime<Utc>, ContactId)>>,
    people: HashMap<ContactId, Entry>,
    new: BTreeMap<ContactId, Newcomer>,
    merged: HashMap<ContactId, ContactId>,
    moved: BTreeSet<AddressKey>,
    given_up: BTreeSet<Former>,
}

impl AddressBook {
    /// The book of what is known: all addresses, former ones too, of every contact in it.
    pub fn of(contacts: impl IntoIterator<Item = Known>, addresses: impl IntoIterator<Item = Address>) -> Self {
        let mut book = Self::default();
        for known in contacts {
            let entry = Entry {
                first_seen: known.first_seen,
                last_seen: known.last_seen,
                last_certain: known.last_certain,
                holds: BTreeSet::new(),
                had: BTreeSet::new(),
            };
            book.people.insert(known.id, entry);
        }
        for address in addresses {
            book.enter(address);
        }
        book
    }

    fn enter(&mut self, address: Address) {
        let Some(entry) = self.people.get_mut(&address.contact) else {
            return;
        };
        match address.until {
            None => {
                entry.holds.insert(address.key.clone());
                self.holders.insert(address.key, address.contact);
            }
            Some(until) => {
                entry.had.insert((address.key.clone(), until));
                self.former.entry(address.key).or_default().insert((until, address.contact));
            }
        }
    }

    /// The contact that `contact` is after all merges.
    pub fn resolve(&self, contact: ContactId) -> ContactId {
        let mut contact = contact;
        while let Some(winner) = self.merged.get(&contact) {
            contact = *winner;
        }
        contact
    }

    /// What has to be written for the events so far.
    pub fn changes(&self) -> Changes {
        let former =
            self.given_up.iter().map(|former| Former { contact: self.resolve(former.contact), ..former.clone() });
        let losers = self.merged.keys().filter(|loser| !self.new.contains_key(loser));
        Changes {
            new: self.new.iter().filter(|(id, _)| !self.merged.contains_key(id)).map(|(id, new)| (*id, *new)).collect(),
            merged: losers.map(|loser| (*loser, self.resolve(*loser))).collect(),
            holders: self.moved.iter().map(|key| (key.clone(), self.holders.get(key).copied())).collect(),
            former: former.collect(),
        }
    }

    /// Whether all that the events changed is that people came of whom nothing was known, whose addresses were never
    /// anybody's: whatever else changes meanwhile, they stay apart from it unless it takes one of these addresses.
    pub fn only_strangers_came(&self) -> bool {
        let is_a_strangers = |key: &AddressKey| {
            let holder = self.holders.get(key);
            !self.former.contains_key(key) && holder.is_some_and(|contact| self.new.contains_key(contact))
        };
        self.merged.is_empty() && self.given_up.is_empty() && self.moved.iter().all(is_a_strangers)
    }

    /// Who had `key` when an event of `at` was written. A business-scoped id is its person's for ever.
    pub(super) fn holder_at(&self, key: &AddressKey, at: DateTime<Utc>) -> Option<Holding> {
        let now = self.holders.get(key).map(|contact| Holding { contact: *contact, until: None });
        let former = self.former.get(key);
        let held = |(until, contact): &(DateTime<Utc>, ContactId)| Holding { contact: *contact, until: Some(*until) };
        if !key.changes_hands() {
            return now.or_else(|| former?.last().map(held));
        }
        let then = former.and_then(|former| former.iter().find(|(until, _)| *until > at));
        then.map(held).or(now)
    }

    /// What a glance at all of it tells.
    #[cfg(test)]
    pub(super) fn glance(&self) -> Glance {
        let mut glance = Glance::default();
        for (key, contact) in &self.holders {
            glance.enter(key.clone(), *contact);
        }
        for (key, former) in &self.former {
            for (_, contact) in former {
                glance.enter_former(key.clone(), *contact);
            }
        }
        glance
    }

    /// Who has `key` now.
    pub(super) fn holder(&self, key: &AddressKey) -> Option<ContactId> {
        self.holders.get(key).copied()
    }

    /// Whether anybody has or had `key`.
    pub(super) fn knows(&self, key: &AddressKey) -> bool {
        self.holders.contains_key(key) || self.former.contains_key(key)
    }

    /// When `key` was last given up.
    pub(super) fn given_up_at(&self, key: &AddressKey) -> Option<DateTime<Utc>> {
        self.former.get(key)?.last().map(|(until, _)| *until)
    }

    pub(super) fn entry(&self, contact: ContactId) -> Option<&Entry> {
        self.people.get(&contact)
    }

    /// A contact that nobody had met before.
    pub(super) fn add(&mut self, merchant_id: MerchantId, at: DateTime<Utc>) -> ContactId {
        let id = ContactId::new();
        let entry =
            Entry { first_seen: at, last_seen: at, last_certain: at, holds: BTreeSet::new(), had: BTreeSet::new() };
        self.people.insert(id, entry);
        self.new.insert(id, Newcomer { merchant_id, at });
        id
    }

    /// `contact` was seen at `at`; `certain` where by more than a phone number.
    pub(super) fn see(&mut self, contact: ContactId, at: DateTime<Utc>, certain: bool) {
        if let Some(entry) = self.people.get_mut(&contact) {
            entry.first_seen = entry.first_seen.min(at);
            entry.last_seen = entry.last_seen.max(at);
            if certain {
                entry.last_certain = entry.last_certain.max(at);
            }
        }
    }

    /// Leads `key` to `contact` from `at` on; whoever had it has given it up.
    pub(super) fn hold(&mut self, key: &AddressKey, contact: ContactId, at: DateTime<Utc>) {
        if self.holder(key) == Some(contact) {
            return;
        }
        self.give_up(key, at);
        self.holders.insert(key.clone(), contact);
        self.moved.insert(key.clone());
        if let Some(entry) = self.people.get_mut(&contact) {
            entry.holds.insert(key.clone());
        }
    }

    /// Whoever has `key` gives it up at `at`.
    pub(super) fn give_up(&mut self, key: &AddressKey, at: DateTime<Utc>) {
        let Some(contact) = self.holders.remove(key) else {
            return;
        };
        self.moved.insert(key.clone());
        if let Some(entry) = self.people.get_mut(&contact) {
            entry.holds.remove(key);
        }
        self.remember(key, contact, at);
    }

    /// `contact` had `key` until `until`.
    pub(super) fn remember(&mut self, key: &AddressKey, contact: ContactId, until: DateTime<Utc>) {
        self.enter(Address { key: key.clone(), contact, until: Some(until) });
        self.given_up.insert(Former { key: key.clone(), contact, until });
    }

    /// Makes one contact of two and gives it: the one met first, whose id others know longest.
    pub(super) fn merge(&mut self, one: ContactId, other: ContactId) -> ContactId {
        let age = |id: ContactId| (self.new.contains_key(&id), self.people.get(&id).map(|entry| entry.first_seen), id);
        let (winner, loser) = if age(one) <= age(other) { (one, other) } else { (other, one) };
        let Some(lost) = self.people.remove(&loser) else {
            return winner;
        };
        for key in &lost.holds {
            self.holders.insert(key.clone(), winner);
        }
        for (key, until) in &lost.had {
            let former = self.former.entry(key.clone()).or_default();
            former.remove(&(*until, loser));
            former.insert((*until, winner));
        }
        if let Some(entry) = self.people.get_mut(&winner) {
            entry.first_seen = entry.first_seen.min(lost.first_seen);
            entry.last_seen = entry.last_seen.max(lost.last_seen);
            entry.last_certain = entry.last_certain.max(lost.last_certain);
            entry.holds.extend(lost.holds);
            entry.had.extend(lost.had);
        }
        self.merged.insert(loser, winner);
        winner
    }
}
