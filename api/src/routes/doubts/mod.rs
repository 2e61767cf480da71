//! Sends of which nobody knows whether they went, for a person of the merchant to settle.

mod list;
mod settle;

pub use list::*;
pub use settle::*;
