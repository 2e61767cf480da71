//! API keys: what integrations speak with.

mod create;
mod get;
mod list;
mod revoke;
mod view;

pub use create::*;
pub use get::*;
pub use list::*;
pub use revoke::*;
