//! Teams: users who share their work.

mod create;
mod delete;
mod get;
mod list;
mod members;
mod rename;
mod view;

pub use create::*;
pub use delete::*;
pub use get::*;
pub use list::*;
pub use members::*;
pub use rename::*;
