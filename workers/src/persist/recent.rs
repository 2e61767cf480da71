//! What was found out lately of those who wrote: whose an address is, and which conversation is open. The next message of
//! the same customer need not ask again.
//!
//! What is remembered is a guess. It is taken out for a transaction, whose writes find out whether it still holds, and
//! comes back with the commit: a guess that was wrong is gone with the transaction that it failed.

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
    pub(super) contacts: Guesses<AddressKey, ContactId>,
    /// The open conversation of each pair.
    pub(super) conversations: Guesses<Pair, ConversationId>,
}

impl Recent {
    pub(super) fn new() -> Self {
        Self { contacts: Guesses::new(), conversations: Guesses::new() }
    }
}

/// Guesses, those longest unused forgotten first.
pub(super) struct Guesses<K: Hash + Eq, V>(Mutex<LruCache<K, V>>);

impl<K: Hash + Eq, V> Guesses<K, V> {
    fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }

    /// Takes out what is remembered of `keys`.
    pub(super) fn take<'a>(&self, keys: impl IntoIterator<Item = &'a K>) -> Vec<(K, V)>
    where
        K: 'a,
    {
        let mut held = self.held();
        keys.into_iter().filter_map(|key| held.pop_entry(key)).collect()
    }

    /// Remembers what held when it was committed.
    pub(super) fn remember(&self, found: impl IntoIterator<Item = (K, V)>) {
        let mut held = self.held();
        for (key, value) in found {
            held.put(key, value);
        }
    }

    fn held(&self) -> MutexGuard<'_, LruCache<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_used_once_unless_it_is_confirmed() {
        let guesses = Guesses::new();
        guesses.remember([("84901", 1)]);
        assert_eq!(guesses.take([&"84901", &"84902"]), [("84901", 1)]);
        assert!(guesses.take([&"84901"]).is_empty());
    }

    #[test]
    fn who_has_not_written_for_long_is_forgotten() {
        let guesses = Guesses::new();
        guesses.remember((0..=MOST.get()).map(|number| (number, ())));
        assert!(guesses.take([&0]).is_empty());
        assert_eq!(guesses.held().len(), MOST.get());
    }
}
