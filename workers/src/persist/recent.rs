//! What was found out lately of those who wrote: whose an address is, and which conversation is open. The next message of
//! the same customer need not ask again.
//!
//! What is remembered is a guess. The writes of the transaction that goes by it find out whether it still holds; where
//! the transaction fails, all that it went by is forgotten.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use shared::domain::ids::{ContactId, ConversationId};
use shared::domain::person::AddressKey;
use shared::store::conversations::open::Pair;

/// About 200 bytes each. A zero would not compile.
const MOST: NonZeroUsize = NonZeroUsize::new(50_000).unwrap();

/// What is remembered.
pub(super) struct Recent {
    /// Whose each address is, who alone ever had it.
    pub(super) contacts: Remembered<AddressKey, ContactId>,
    /// The open conversation of each pair.
    pub(super) conversations: Remembered<Pair, ConversationId>,
}

impl Recent {
    pub(super) fn new() -> Self {
        Self { contacts: Remembered::new(), conversations: Remembered::new() }
    }

    /// For one transaction.
    pub(super) fn guesses(&self) -> Guesses<'_> {
        Guesses { recent: self, addresses: Vec::new(), pairs: Vec::new() }
    }
}

/// What a transaction goes by.
pub(super) struct Guesses<'a> {
    recent: &'a Recent,
    addresses: Vec<AddressKey>,
    pairs: Vec<Pair>,
}

impl Guesses<'_> {
    /// Whose each of `addresses` was.
    pub(super) fn contacts(&mut self, addresses: &[&AddressKey]) -> Vec<(AddressKey, ContactId)> {
        let found = self.recent.contacts.of(addresses.iter().copied());
        self.addresses.extend(found.iter().map(|(address, _)| address.clone()));
        found
    }

    /// The conversation of each of `pairs` that was open.
    pub(super) fn conversations<'p>(&mut self, pairs: impl Iterator<Item = &'p Pair>) -> Vec<(Pair, ConversationId)> {
        let found = self.recent.conversations.of(pairs);
        self.pairs.extend(found.iter().map(|(pair, _)| *pair));
        found
    }

    /// One of them was wrong, or may have been.
    pub(super) fn forget(self) {
        self.recent.contacts.forget(&self.addresses);
        self.recent.conversations.forget(&self.pairs);
    }
}

/// By a key; those longest not confirmed are forgotten first.
pub(super) struct Remembered<K: Hash + Eq, V>(Mutex<LruCache<K, V>>);

impl<K: Hash + Eq + Clone, V: Copy> Remembered<K, V> {
    fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }

    fn of<'a>(&self, keys: impl IntoIterator<Item = &'a K>) -> Vec<(K, V)>
    where
        K: 'a,
    {
        let held = self.held();
        keys.into_iter().filter_map(|key| Some((key.clone(), *held.peek(key)?))).collect()
    }

    /// Remembers what held when it was committed.
    pub(super) fn remember(&self, found: impl IntoIterator<Item = (K, V)>) {
        let mut held = self.held();
        for (key, value) in found {
            held.put(key, value);
        }
    }

    fn forget(&self, keys: &[K]) {
        let mut held = self.held();
        for key in keys {
            held.pop(key);
        }
    }

    fn held(&self) -> MutexGuard<'_, LruCache<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::ids::AccountId;

    use super::*;

    fn pair() -> Pair {
        Pair { account_id: AccountId::new(), contact_id: ContactId::new() }
    }

    #[test]
    fn what_a_transaction_went_by_is_forgotten_where_it_fails() {
        let (recent, [one, other]) = (Recent::new(), [pair(), pair()]);
        let open = [(one, ConversationId::new()), (other, ConversationId::new())];
        recent.conversations.remember(open);
        let mut succeeds = recent.guesses();
        assert_eq!(succeeds.conversations([&one, &other, &pair()].into_iter()), open);
        drop(succeeds);
        let mut fails = recent.guesses();
        assert_eq!(fails.conversations([&one].into_iter()), open[..1]);
        fails.forget();
        assert_eq!(recent.guesses().conversations([&one, &other].into_iter()), open[1..]);
    }

    #[test]
    fn who_has_not_written_for_long_is_forgotten() {
        let remembered = Remembered::new();
        remembered.remember((0..=MOST.get()).map(|number| (number, ())));
        assert!(remembered.of([&0]).is_empty());
        assert_eq!(remembered.held().len(), MOST.get());
    }
}
