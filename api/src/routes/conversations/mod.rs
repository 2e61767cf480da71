//! Conversations: threads between contacts and accounts.

mod get;
mod history;
mod list;
mod view;

pub use get::get;
pub use list::list;
