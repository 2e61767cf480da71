//! Who did what.

mod list;
mod view;

pub use list::*;
