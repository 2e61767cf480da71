//! Which contact a customer's addresses lead to.
//!
//! The rule, in one place: a business-scoped id (or the only address there is) stands for one person.
//! A phone number leads to its contact too, unless that contact is known to be somebody else: the
//! number has changed hands then, and goes to its new owner without showing them the old one's thread.

use std::collections::HashMap;

use super::deterministic;
use super::identity::{Identity, IdentityKind};
use super::ids::{AccountId, ContactId, MerchantId};

/// A customer as an event shows them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Person {
    /// Whose customer.
    pub merchant_id: MerchantId,
    /// The account they wrote to.
    pub account_id: AccountId,
    /// The addresses that the event gives; at least one.
    pub identities: Vec<Identity>,
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

impl Person {
    /// The person's addresses as keys, strongest first.
    pub fn keys(&self) -> Vec<AddressKey> {
        let mut keys: Vec<AddressKey> = self
            .identities
            .iter()
            .map(|identity| AddressKey {
                merchant_id: self.merchant_id,
                scope: (!identity.kind.is_merchant_wide()).then_some(self.account_id),
                identity: identity.clone(),
            })
            .collect();
        keys.sort_by(|a, b| b.identity.kind.strength().cmp(&a.identity.kind.strength()).then(a.cmp(b)));
        keys
    }
}

/// What is known of addresses.
#[derive(Debug, Default)]
pub struct KnownAddresses {
    /// Where each address leads.
    pub owners: HashMap<AddressKey, ContactId>,
    /// The business-scoped ids of each contact.
    pub bsuids: HashMap<ContactId, Vec<String>>,
}

/// The contact that `person` is, and the addresses that must lead there and do not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The contact; one that nobody has met yet has the id computed from the strongest address.
    pub contact_id: ContactId,
    /// Addresses to lead there: unknown ones, and a phone number that changed hands.
    pub claims: Vec<AddressKey>,
}

/// Finds the contact of `person`; `None` for one without any address.
pub fn find(person: &Person, known: &KnownAddresses) -> Option<Match> {
    let keys = person.keys();
    let strongest = keys.first()?;
    let found = keys
        .iter()
        .filter_map(|key| Some((key, *known.owners.get(key)?)))
        .find(|(key, owner)| !has_changed_hands(key, *owner, &keys, known));
    let contact_id = found.map_or_else(
        || deterministic::contact_id(person.merchant_id, person.account_id, &strongest.identity),
        |(_, owner)| owner,
    );
    let claims = keys.iter().filter(|key| known.owners.get(key) != Some(&contact_id)).cloned().collect();
    Some(Match { contact_id, claims })
}

/// Whether the phone number `key` belongs to `owner`, whom another business-scoped id tells to be
/// somebody else than who writes now.
fn has_changed_hands(key: &AddressKey, owner: ContactId, keys: &[AddressKey], known: &KnownAddresses) -> bool {
    if key.identity.kind != IdentityKind::Phone {
        return false;
    }
    let mut shown = keys.iter().filter(|key| key.identity.kind == IdentityKind::Bsuid).peekable();
    if shown.peek().is_none() {
        return false;
    }
    let of_owner = known.bsuids.get(&owner).map(Vec::as_slice).unwrap_or_default();
    !of_owner.is_empty() && !shown.any(|key| of_owner.contains(&key.identity.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(raw: &str) -> Identity {
        Identity::whatsapp(raw).unwrap()
    }

    struct World {
        merchant_id: MerchantId,
        account_id: AccountId,
        known: KnownAddresses,
    }

    impl World {
        fn new() -> Self {
            Self { merchant_id: MerchantId::new(), account_id: AccountId::new(), known: KnownAddresses::default() }
        }

        /// Someone writes; what is learnt is remembered.
        fn writes(&mut self, addresses: &[&str]) -> ContactId {
            let person = Person {
                merchant_id: self.merchant_id,
                account_id: self.account_id,
                identities: addresses.iter().map(|raw| identity(raw)).collect(),
            };
            let found = find(&person, &self.known).unwrap();
            for key in found.claims {
                if key.identity.kind == IdentityKind::Bsuid {
                    self.known.bsuids.entry(found.contact_id).or_default().push(key.identity.value.clone());
                }
                self.known.owners.insert(key, found.contact_id);
            }
            found.contact_id
        }
    }

    #[test]
    fn a_number_and_a_business_scoped_id_shown_together_are_one_person_ever_after() {
        let mut world = World::new();
        let first = world.writes(&["84901234567"]);
        assert_eq!(world.writes(&["84901234567", "VN.77"]), first);
        assert_eq!(world.writes(&["VN.77"]), first);
    }

    #[test]
    fn someone_without_a_number_is_a_person_too() {
        let mut world = World::new();
        let first = world.writes(&["VN.77"]);
        assert_eq!(world.writes(&["VN.77"]), first);
        assert_ne!(world.writes(&["VN.78"]), first);
    }

    #[test]
    fn a_number_that_changed_hands_leads_to_its_new_owner() {
        let mut world = World::new();
        let before = world.writes(&["84901234567", "VN.77"]);
        let after = world.writes(&["84901234567", "VN.99"]);
        assert_ne!(after, before);
        assert_eq!(world.writes(&["84901234567"]), after);
        assert_eq!(world.writes(&["VN.77"]), before);
    }

    #[test]
    fn nobody_is_found_behind_no_address() {
        let world = World::new();
        let person = Person { merchant_id: world.merchant_id, account_id: world.account_id, identities: Vec::new() };
        assert_eq!(find(&person, &world.known), None);
    }
}
