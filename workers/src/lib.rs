//! The workers: each consumes its queue, works on PostgreSQL, and wakes who comes next.
//!
//! They never call one another. A binary in `bin/` is wiring; what a worker does is in its module here.

pub mod context;
pub mod failure;
pub mod flow;
mod handled;
pub mod janitor;
pub mod media;
pub mod net;
pub mod outbound;
pub mod persist;
pub mod send;
pub mod settings;
pub mod status;
