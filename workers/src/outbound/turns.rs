//! Turns: within a process one task at a time empties an account's outbox, and a wake that comes
//! meanwhile makes it look once more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shared::domain::ids::AccountId;

/// Who is being served, and whether to look again.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    taken: Arc<Mutex<HashMap<AccountId, bool>>>,
}

/// The right to serve an account; given back when dropped.
#[derive(Debug)]
pub struct Turn {
    account: AccountId,
    turns: Turns,
}

impl Turns {
    /// Takes the turn of `account`; `None` where another task has it, which will look again.
    pub fn take(&self, account: AccountId) -> Option<Turn> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(again) = taken.get_mut(&account) {
            *again = true;
            return None;
        }
        taken.insert(account, false);
        Some(Turn { account, turns: self.clone() })
    }
}

impl Turn {
    /// Ends the turn, unless somebody was turned away meanwhile: then the work is to be looked at again.
    pub fn is_over(&self) -> bool {
        let mut taken = self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let again = taken.get(&self.account).copied().unwrap_or(false);
        if again {
            taken.insert(self.account, false);
        } else {
            taken.remove(&self.account);
        }
        !again
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_turned_away_is_not_forgotten() {
        let (turns, account) = (Turns::default(), AccountId::new());
        let turn = turns.take(account).unwrap();
        assert!(turns.take(account).is_none());
        assert!(!turn.is_over());
        assert!(turn.is_over());
    }

    #[test]
    fn a_turn_that_was_dropped_is_free() {
        let (turns, account) = (Turns::default(), AccountId::new());
        drop(turns.take(account));
        assert!(turns.take(account).is_some());
    }
}
