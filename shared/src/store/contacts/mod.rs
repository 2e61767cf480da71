//! Contacts and the addresses they are known by.
//!
//! Who is who is decided by [`domain::person`](crate::domain::person) alone. What changes it is written
//! under a lock per merchant, so that the rule never judges by what another process is changing. Who only
//! meets strangers, of whose addresses nothing is known, shares that lock with others who do: one
//! address is still one row. Who only meets people that are known already takes no such lock.

pub mod change;
mod columns;
mod known;
mod meet;
mod merge;
pub mod read;
mod shown;
mod succession;

use std::collections::HashSet;

pub use meet::{Sighting, meet, meet_guessing};

use crate::domain::ids::ContactId;
use crate::domain::person::AddressKey;

/// Contacts that became one, and the threads that did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// The contact of each sighting, in their order.
    pub contacts: Vec<ContactId>,
    /// Those of them that this transaction added, so that nobody else has met them yet.
    pub new: HashSet<ContactId>,
    /// Those of them whom sends did not reach.
    pub struck: Vec<ContactId>,
    /// How many contacts turned out to be others.
    pub merged: usize,
    /// Addresses with those who alone ever had them, which may be [guessed](meet_guessing) once this is committed.
    pub settled: Vec<(AddressKey, ContactId)>,
}
