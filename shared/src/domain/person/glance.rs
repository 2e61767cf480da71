//! Most who write are known, and show nothing new: whom they are is told by a glance at the addresses they show.

use hashbrown::{HashMap, HashSet};

use super::AddressKey;
use crate::domain::ids::ContactId;

/// Who has each of some addresses, and who had it.
#[derive(Clone, Debug, Default)]
pub struct Glance {
    holders: HashMap<AddressKey, ContactId>,
    former: HashMap<AddressKey, Vec<ContactId>>,
}

/// What an event shows.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The addresses, those it tells a change of too.
    pub keys: &'a [AddressKey],
    /// Whether it tells that addresses changed.
    pub tells_change: bool,
}

impl Glance {
    /// `contact` has `key`.
    pub fn enter(&mut self, key: AddressKey, contact: ContactId) {
        self.holders.insert(key, contact);
    }

    /// `contact` had `key`.
    pub fn enter_former(&mut self, key: AddressKey, contact: ContactId) {
        self.former.entry(key).or_default().push(contact);
    }

    /// Whether anybody has or had `key`.
    pub fn knows(&self, key: &AddressKey) -> bool {
        self.holders.contains_key(key) || self.former.contains_key(key)
    }

    /// For each of `shown` the contact that the [`AddressBook`](super::AddressBook) would give, where no book is needed:
    /// one contact has all the addresses, nobody else ever had them, and no event that does need the book may change
    /// anything about that contact.
    pub fn settle(&self, shown: &[Shown<'_>]) -> Vec<Option<ContactId>> {
        let alone: Vec<Option<ContactId>> = shown.iter().map(|shown| self.only_holder(*shown)).collect();
        let open = shown.iter().zip(&alone).filter(|(_, contact)| contact.is_none()).map(|(shown, _)| shown);
        let touched: HashSet<ContactId> = open.flat_map(|shown| shown.keys).flat_map(|key| self.all_of(key)).collect();
        alone.into_iter().map(|contact| contact.filter(|contact| !touched.contains(contact))).collect()
    }

    fn only_holder(&self, shown: Shown<'_>) -> Option<ContactId> {
        let (first, others) = shown.keys.split_first()?;
        let holder = self.holders.get(first)?;
        let is_theirs = others.iter().all(|key| self.holders.get(key) == Some(holder))
            && !shown.keys.iter().any(|key| self.former.contains_key(key));
        (!shown.tells_change && is_theirs).then_some(*holder)
    }

    fn all_of(&self, key: &AddressKey) -> impl Iterator<Item = ContactId> {
        self.holders.get(key).into_iter().chain(self.former.get(key).into_iter().flatten()).copied()
    }
}
