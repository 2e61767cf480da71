//! Events that no connected account claims, or that do not read. Kept whole, sealed with the key of nobody.

pub mod decide;
pub mod keep;
pub mod read;

/// Where an unclaimed event is sealed.
pub const EVENT: &str = "unclaimed_events.sealed";
