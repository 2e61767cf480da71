//! Users: colleagues, and what they may do.

mod change;
mod create;
mod get;
mod list;
mod reset_password;
mod view;

pub use change::*;
pub use create::*;
pub use get::*;
pub use list::*;
pub use reset_password::*;
