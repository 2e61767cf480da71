//! Locking without ceremony.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`. What it guards here is whole between any two statements, so a panic elsewhere
/// takes nothing from it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
