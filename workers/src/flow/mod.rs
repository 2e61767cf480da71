//! `flow-engine`: steps automation flows, one conversation at a time, many conversations together.
//!
//! ```text
//! wake -> hold (advisory lock) -> read -> turn (pure: shared::flow) -> write -> commit -> look again, wake the sender
//!                 '------------- one short transaction, no call inside -----------'
//! ```
//!
//! What a session waits for is a row: a wait is made an event by the janitor, a call to a merchant's endpoint by
//! [`calls`], beside the turns. Both wake the conversation.

pub(crate) mod audience;
pub mod calls;
mod catalog;
mod contents;
mod counting;
mod desk;
pub mod http;
mod keeping;
mod lot;
pub mod metrics;
mod outcome;
mod set_aside;
pub mod settings;
mod situation;
mod told;
mod turn;
pub mod worker;
mod writing;

pub use worker::FlowEngine;
