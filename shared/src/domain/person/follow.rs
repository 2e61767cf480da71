//! A customer's addresses changed: the thread goes with the person, the old number with whoever gets it.

use chrono::{DateTime, TimeDelta, Utc};

use super::book::{AddressBook, Holding};
use super::{AddressKey, Person, Succession};
use crate::domain::identity::IdentityKind;
use crate::domain::ids::ContactId;

/// How long a platform may take to tell something: whoever shows up at a number within this time of
/// somebody's move to it is that somebody. Numbers are given to others after months, not days.
const LATEST_NEWS: TimeDelta = TimeDelta::days(7);

impl AddressBook {
    /// The contact whose addresses changed at `at`. From then on they are known by `succession.after`
    /// alone: a business-scoped id changes with the number, so what is not named there is theirs no
    /// more. None where neither side names an address.
    pub fn follow(&mut self, person: &Person<'_>, succession: &Succession, at: DateTime<Utc>) -> Option<ContactId> {
        let mut after = person.keys_of(&succession.after);
        let mut before = person.keys_of(&succession.before);
        if before.is_empty() && after.is_empty() {
            return None;
        }
        // An id goes with its number; a number that is shown beside a new id stays.
        let keeps_its_number = !after.iter().any(AddressKey::changes_hands);
        for key in person.keys() {
            if before.contains(&key) || after.contains(&key) {
                continue;
            }
            if key.changes_hands() && keeps_its_number {
                after.push(key);
            } else {
                before.push(key);
            }
        }
        let changed = self.who_changed(&before, &after, at);
        let mut contact = match changed {
            Some(holding) => holding.contact,
            None => self.who_is(&before, &after, at).unwrap_or_else(|| self.add(person.merchant_id, at)),
        };
        // Found by what is theirs no more, they have been followed before.
        if changed.is_some_and(|holding| holding.until.is_none()) {
            self.leave_behind(contact, &after, at);
        }
        for key in &after {
            contact = self.move_to(key, contact, &after, at);
        }
        for key in before.iter().filter(|key| !after.contains(key)) {
            self.vacate(key, contact, at);
        }
        self.see(contact, at, true);
        Some(contact)
    }

    /// Who is known by `before`. A phone number alone does not tell it where its holder was first seen,
    /// or was seen again, after the change, or not for so long that the number may be somebody else's.
    fn who_changed(&self, before: &[AddressKey], after: &[AddressKey], at: DateTime<Utc>) -> Option<Holding> {
        if let Some(certain) = self.find_for_certain(before, at) {
            return Some(certain);
        }
        let shown: Vec<AddressKey> = before.iter().chain(after).cloned().collect();
        before.iter().filter(|key| key.changes_hands()).find_map(|key| {
            let holding = self.holder_at(key, at)?;
            let entry = self.entry(holding.contact)?;
            let had_it = holding.until.is_some() || (entry.first_seen <= at && entry.last_seen <= at);
            let believed = had_it && !entry.may_have_lost_its_number(at);
            (believed && !self.is_somebody_else(holding, &shown, at)).then_some(holding)
        })
    }

    /// Who is known by `after` already, where nobody is known by `before`: who came there just after the
    /// change, or whose move there was told already, to another number of the merchant.
    fn who_is(&self, before: &[AddressKey], after: &[AddressKey], at: DateTime<Utc>) -> Option<ContactId> {
        if let Some(certain) = self.find_for_certain(after, at) {
            return Some(certain.contact);
        }
        let just_left = |(key, until): &(AddressKey, DateTime<Utc>)| {
            before.contains(key) && (at - LATEST_NEWS..=at + LATEST_NEWS).contains(until)
        };
        let moved = |holder: ContactId| self.entry(holder).is_some_and(|entry| entry.had.iter().any(just_left));
        let mut holders = after.iter().filter_map(|key| self.holder(key));
        holders.find(|holder| moved(*holder) || self.came_with_the_change(*holder, after, at))
    }

    fn leave_behind(&mut self, contact: ContactId, after: &[AddressKey], at: DateTime<Utc>) {
        let Some(entry) = self.entry(contact) else {
            return;
        };
        let left: Vec<AddressKey> = entry
            .holds
            .iter()
            .filter(|key| key.identity.kind.is_merchant_wide() && !after.contains(key))
            .cloned()
            .collect();
        for key in left {
            self.give_up(&key, at);
        }
    }

    /// `contact` left `key` at `at`. Who has it in the books and was not seen since has it no more either:
    /// if it was not they who left it, they had lost it before.
    fn vacate(&mut self, key: &AddressKey, contact: ContactId, at: DateTime<Utc>) {
        if !self.knows(key) {
            self.remember(key, contact, at);
            return;
        }
        let holder = self.holder(key).and_then(|holder| self.entry(holder));
        if key.changes_hands() && holder.is_some_and(|holder| holder.last_seen <= at) {
            self.give_up(key, at);
        }
    }

    /// Leads `key` to `contact`; gives the contact they are then, since whoever is met there may be them.
    fn move_to(&mut self, key: &AddressKey, contact: ContactId, after: &[AddressKey], at: DateTime<Utc>) -> ContactId {
        let Some(holding) = self.holder_at(key, at) else {
            self.hold(key, contact, at);
            return contact;
        };
        if holding.contact == contact {
            return contact;
        }
        // The platform itself says that the person with this id is the one who changed.
        if !key.changes_hands() {
            return self.merge(contact, holding.contact);
        }
        // Somebody had the number then, and has given it up since.
        if holding.until.is_some() {
            return contact;
        }
        if self.came_with_the_change(holding.contact, after, at) {
            return self.merge(contact, holding.contact);
        }
        self.hold(key, contact, at);
        contact
    }

    /// Whether `contact` was first seen at an address of `after` just after the change, and is known by
    /// nothing that speaks against being who changed.
    fn came_with_the_change(&self, contact: ContactId, after: &[AddressKey], at: DateTime<Utc>) -> bool {
        let Some(entry) = self.entry(contact) else {
            return false;
        };
        let names_an_id = after.iter().any(|key| key.identity.kind == IdentityKind::Bsuid);
        let fits = |key: &AddressKey| after.contains(key) || (!names_an_id && !key.changes_hands());
        (at..=at + LATEST_NEWS).contains(&entry.first_seen) && entry.had.is_empty() && entry.holds.iter().all(fits)
    }
}
