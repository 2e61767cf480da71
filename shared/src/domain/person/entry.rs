//! What is known of one contact's addresses.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::AddressKey;
use crate::domain::identity::IdentityKind;

/// Operators give a number that was left to somebody else after 45 days at the earliest.
const A_NUMBER_RESTS: TimeDelta = TimeDelta::days(45);

/// A contact of the book.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) first_seen: DateTime<Utc>,
    pub(super) last_seen: DateTime<Utc>,
    pub(super) last_certain: DateTime<Utc>,
    pub(super) holds: BTreeSet<AddressKey>,
    pub(super) had: BTreeSet<(AddressKey, DateTime<Utc>)>,
}

impl Entry {
    /// The business-scoped ids that are the contact's now.
    pub(super) fn bsuids(&self) -> impl Iterator<Item = &AddressKey> {
        self.holds.iter().filter(|key| key.identity.kind == IdentityKind::Bsuid)
    }

    /// The phone numbers that are the contact's now.
    pub(super) fn phones(&self) -> impl Iterator<Item = &AddressKey> {
        self.holds.iter().filter(|key| key.changes_hands())
    }

    /// Whether the contact ever gave a phone number up.
    pub(super) fn had_a_phone(&self) -> bool {
        self.had.iter().any(|(key, _)| key.changes_hands())
    }

    /// Whether the contact is known to have an id, and was not seen by more than a number for so
    /// long that a number tells it no more.
    pub(super) fn may_have_lost_its_number(&self, at: DateTime<Utc>) -> bool {
        let had = self.had.iter().map(|(key, _)| key);
        at > self.last_certain + A_NUMBER_RESTS
            && self.holds.iter().chain(had).any(|key| key.identity.kind == IdentityKind::Bsuid)
    }

    /// The business-scoped ids that were not given up by `at`.
    pub(super) fn bsuids_at(&self, at: DateTime<Utc>) -> impl Iterator<Item = &AddressKey> {
        let had = self.had.iter().filter(move |(key, until)| key.identity.kind == IdentityKind::Bsuid && *until > at);
        self.bsuids().chain(had.map(|(key, _)| key))
    }
}
