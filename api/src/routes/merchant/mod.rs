//! The merchant itself, and what it has settled.

mod change;
mod get;
mod view;

pub use change::*;
pub use get::*;
