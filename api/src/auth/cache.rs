//! What was found out about a caller holds for a moment, so that not every request asks the database.
//!
//! This is also how long a disabled user, another role, a logout or a revoked key may take to be noticed by other
//! replicas; the one that made the change notices at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long.
pub(super) const HOLDS: Duration = Duration::from_secs(5);
/// More than this are not kept: it must not grow with what is presented.
const MOST: usize = 20_000;

/// Answers by what was asked.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    kept: Mutex<HashMap<K, (V, Instant)>>,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { kept: Mutex::default() }
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// What is known of `key` at `now`.
    pub(super) fn get(&self, key: &K, now: Instant) -> Option<V> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, since) = kept.get(key)?;
        (now.saturating_duration_since(*since) < HOLDS).then(|| value.clone())
    }

    /// Keeps what was asked for at `asked`.
    pub(super) fn put(&self, key: K, value: V, asked: Instant) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, (_, since)| asked.saturating_duration_since(*since) < HOLDS);
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (value, asked));
    }

    /// Forgets what `is_meant` says.
    pub(super) fn forget(&self, is_meant: impl Fn(&K, &V) -> bool) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, (value, _)| !is_meant(key, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_for_a_moment() {
        let (cache, now) = (Cache::default(), Instant::now());
        cache.put("a", 1, now);
        assert_eq!(cache.get(&"a", now), Some(1));
        assert_eq!(cache.get(&"a", now + HOLDS), None);
        cache.forget(|_, value| *value == 1);
        assert_eq!(cache.get(&"a", now), None);
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let (cache, now) = (Cache::default(), Instant::now());
        (0..=MOST).for_each(|key| cache.put(key, (), now));
        assert!(cache.kept.lock().unwrap().len() <= MOST);
    }
}
