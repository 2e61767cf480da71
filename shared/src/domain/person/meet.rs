//! Someone writes: who is it?

use chrono::{DateTime, Utc};

use super::book::{AddressBook, Holding};
use super::{AddressKey, Person};
use crate::domain::identity::IdentityKind;
use crate::domain::ids::ContactId;

impl AddressBook {
    /// The contact of `person`, who wrote at `at`; their addresses lead there from then on. None for a
    /// person without any address.
    pub fn meet(&mut self, person: &Person<'_>, at: DateTime<Utc>) -> Option<ContactId> {
        let keys = person.keys();
        if keys.is_empty() {
            return None;
        }
        let found = self.find(&keys, at);
        let contact = found.map_or_else(|| self.add(person.merchant_id, at), |holding| holding.contact);
        let gone = found.and_then(|holding| holding.until);
        for key in &keys {
            self.claim(key, contact, at, gone);
        }
        self.see(contact, at, person.is_certain());
        Some(contact)
    }

    /// Who has, or at `at` had, the addresses `keys`, strongest first. Two contacts that are shown to
    /// be one person become one.
    pub(super) fn find(&mut self, keys: &[AddressKey], at: DateTime<Utc>) -> Option<Holding> {
        let certain = self.find_for_certain(keys, at);
        let by_phone = keys
            .iter()
            .filter(|key| key.changes_hands())
            .filter_map(|key| Some((key, self.holder_at(key, at)?)))
            .find(|(_, holding)| !self.is_somebody_else(*holding, keys, at));
        match (certain, by_phone) {
            (Some(known), Some((phone, other)))
                if known.until.or(other.until).is_none()
                    && self.is_one_person(known.contact, other.contact, phone, at) =>
            {
                Some(Holding { contact: self.merge(known.contact, other.contact), until: None })
            }
            (certain, by_phone) => certain.or(by_phone.map(|(_, holding)| holding)),
        }
    }

    /// Who is found by an address that never changes hands.
    pub(super) fn find_for_certain(&self, keys: &[AddressKey], at: DateTime<Utc>) -> Option<Holding> {
        keys.iter().filter(|key| !key.changes_hands()).find_map(|key| self.holder_at(key, at))
    }

    /// Whether who holds a phone number is told by business-scoped ids to be somebody else than whom
    /// `keys` show: the number has changed hands.
    pub(super) fn is_somebody_else(&self, holding: Holding, keys: &[AddressKey], at: DateTime<Utc>) -> bool {
        let mut shown = keys.iter().filter(|key| key.identity.kind == IdentityKind::Bsuid).peekable();
        let Some(entry) = self.entry(holding.contact).filter(|_| shown.peek().is_some()) else {
            return false;
        };
        let theirs: Vec<&AddressKey> = match holding.until {
            None => entry.bsuids().collect(),
            Some(_) => entry.bsuids_at(at).collect(),
        };
        if theirs.is_empty() {
            return entry.may_have_lost_its_number(at);
        }
        !shown.any(|key| theirs.contains(&key))
    }

    /// Whether `known`, found by a business-scoped id, is the same person as `other`, who has `phone`
    /// that was shown beside it: nothing may speak against it. Whoever had another number, or had this
    /// one and gave it up, is not taken for its holder.
    fn is_one_person(&self, known: ContactId, other: ContactId, phone: &AddressKey, at: DateTime<Utc>) -> bool {
        let (Some(known_as), Some(other_as)) = (self.entry(known), self.entry(other)) else {
            return false;
        };
        known != other
            && known_as.phones().next().is_none()
            && !known_as.had_a_phone()
            && other_as.bsuids().next().is_none()
            && other_as.phones().all(|key| key == phone)
            && !other_as.may_have_lost_its_number(at)
    }

    /// Leads `key` to `contact`, who showed it at `at`, unless somebody is known to have had it since.
    /// `gone` is when the contact gave up the address they were found by, where they did: what stood
    /// beside it before went with it.
    fn claim(&mut self, key: &AddressKey, contact: ContactId, at: DateTime<Utc>, gone: Option<DateTime<Utc>>) {
        if let Some(until) = gone.filter(|until| at < *until) {
            if !self.knows(key) {
                self.remember(key, contact, until);
            }
            return;
        }
        let holder = self.holder(key);
        let is_late = self.given_up_at(key).is_some_and(|until| at < until);
        if holder == Some(contact) || is_late {
            return;
        }
        let stays = match holder.and_then(|holder| self.entry(holder)) {
            // What never changes hands is never taken from anybody.
            Some(holder) => !key.changes_hands() || at < holder.last_seen,
            None => false,
        };
        if !stays {
            self.hold(key, contact, at);
        }
    }
}
