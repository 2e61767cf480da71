//! Events that no connected account claims; for operators.

mod decide;
mod get;
mod list;
mod view;

pub use decide::*;
pub use get::*;
pub use list::*;
