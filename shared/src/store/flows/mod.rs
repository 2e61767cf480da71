//! Automation flows: what authors wrote and published, and what of it is under way.

pub mod authoring;
pub mod calls;
pub mod campaigns;
pub mod changes;
pub mod events;
pub mod figures;
pub(in crate::store) mod fold;
pub mod happenings;
pub mod rounds;
pub mod running;
pub mod sessions;
pub mod threads;
pub mod turns;
pub mod waits;
