//! Automation flows: the language they are written in and the engine that steps them. No I/O.
//!
//! ```text
//! JSON --Document::read--> Document --parse--> Definition --Plan::of--> Plan --TriggerIndex::of--> TriggerIndex
//!                             |                                          |
//!                             '--check--> Fault per field      begin, step, end -> Stepped { session, effects }
//! ```
//!
//! A [`Document`] is what an author writes: it may be incomplete, and every fault in it has the id of its node. A
//! [`Definition`] is one that can work, a [`Plan`] is one made ready. A [`TriggerIndex`] says which plans an event
//! starts. The worker reads what [`World`] shows, calls the [`engine`], and writes the [`Effect`]s: the engine itself
//! sends nothing, waits for nothing and asks no clock.

mod chain;
pub mod check;
pub mod definition;
pub mod document;
pub mod effect;
pub mod engine;
pub mod event;
pub mod facts;
pub mod fault;
mod format;
mod outlets;
mod parse;
mod places;
mod plan;
pub mod ready;
pub mod session;
#[cfg(test)]
mod stage;
mod texts;
pub mod trigger;
pub mod variable;
pub mod world;

pub use check::{Surroundings, check};
pub use definition::Definition;
pub use document::Document;
pub use effect::Effect;
pub use event::Event;
pub use fault::Fault;
pub use outlets::Outlets;
pub use plan::Plan;
pub use session::Session;
pub use trigger::TriggerIndex;
pub use world::World;

/// The version of the language that this release writes. Older ones are brought up to it when they are read.
pub const FORMAT: u32 = 1;

#[cfg(test)]
mod laws_tests;
