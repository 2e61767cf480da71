//! The ingress over real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broker;
mod challenge;
mod client;
mod durability;
mod fake_events;
mod ingress;
mod limits;
mod line;
mod overload;
mod payload;
mod queue;
mod signature;
mod spool;
mod stop;
