//! Contacts and the addresses they are known by.
//!
//! Who is who is decided by [`domain::person`](crate::domain::person) alone. What changes it is written
//! under a lock per merchant, so that the rule never judges by what another process is changing; who
//! only meets people that are known already takes no such lock.

mod columns;
mod meet;
mod merge;
mod succession;

pub use meet::{Sighting, meet};

/// Contacts that became one, and the threads that did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// The contact of each sighting, in their order.
    pub contacts: Vec<crate::domain::ids::ContactId>,
    /// How many contacts turned out to be others.
    pub merged: usize,
}
