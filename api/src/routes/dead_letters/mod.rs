//! What no worker could handle; for operators.

mod drop;
mod get;
mod list;
mod put_back;
mod view;

pub use drop::*;
pub use get::*;
pub use list::*;
pub use put_back::*;
