//! Events that no connected account claims; for operators.

mod list;
mod view;

pub use list::*;
