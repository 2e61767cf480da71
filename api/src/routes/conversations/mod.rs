//! Conversations: threads between contacts and accounts.

mod get;
mod history;
mod list;
mod mark_read;
mod view;

pub use get::*;
pub use list::*;
pub use mark_read::*;
