//! Which contact a customer's addresses lead to, and what becomes of them when they change.
//!
//! The rule: a business-scoped id stands for one person for ever, a phone number for whoever has it at
//! the time. A number leads to its contact unless that contact is known to be somebody else, or gave
//! the number up before the message was written. Two contacts become one only where the platform shows
//! that they are one person; in doubt an address moves on and each keeps the thread that is theirs.

use std::borrow::Cow;

use super::identity::{Identity, IdentityKind};
use super::ids::{AccountId, MerchantId};

mod book;
mod entry;
mod follow;
mod glance;
#[cfg(test)]
mod laws_tests;
mod meet;
#[cfg(test)]
mod tests;

pub use book::{Address, AddressBook, Changes, Former, Known, Newcomer};
pub use glance::{Glance, Shown};

/// A customer as an event shows them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Person<'a> {
    /// Whose customer.
    pub merchant_id: MerchantId,
    /// The account they wrote to.
    pub account_id: AccountId,
    /// The addresses that the event gives; at least one.
    pub identities: Cow<'a, [Identity]>,
}

/// A customer's addresses changed, as the platform tells: they are the same person under others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// What they were known by; leads to them no more.
    pub before: Vec<Identity>,
    /// What they are known by now.
    pub after: Vec<Identity>,
}

/// One address as the store keys it: the account is part of it where the address means something there alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressKey {
    /// Whose customer.
    pub merchant_id: MerchantId,
    /// The account, for addresses that mean something on one account only.
    pub scope: Option<AccountId>,
    /// The address.
    pub identity: Identity,
}

impl AddressKey {
    /// Whether the address may go to another person; a business-scoped id never does.
    pub(super) fn changes_hands(&self) -> bool {
        self.identity.kind == IdentityKind::Phone
    }
}

impl Person<'_> {
    /// The person's addresses as keys, strongest first.
    pub fn keys(&self) -> Vec<AddressKey> {
        self.keys_of(&self.identities)
    }

    /// Whether an address is shown that never changes hands.
    pub fn is_certain(&self) -> bool {
        self.identities.iter().any(|identity| identity.kind != IdentityKind::Phone)
    }

    /// Other addresses of the same person as keys, strongest first.
    pub fn keys_of(&self, identities: &[Identity]) -> Vec<AddressKey> {
        let mut keys: Vec<AddressKey> = identities
            .iter()
            .map(|identity| AddressKey {
                merchant_id: self.merchant_id,
                scope: (!identity.kind.is_merchant_wide()).then_some(self.account_id),
                identity: identity.clone(),
            })
            .collect();
        keys.sort_by(|a, b| b.identity.kind.strength().cmp(&a.identity.kind.strength()).then(a.cmp(b)));
        keys.dedup();
        keys
    }
}
