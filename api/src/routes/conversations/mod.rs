//! Conversations: threads between contacts and accounts.

mod assign;
mod change;
mod close;
pub(super) mod filter;
mod get;
mod handler;
mod history;
mod list;
mod mark_read;
mod references;
mod reopen;
mod view;

pub use assign::{assign, unassign};
pub use close::close;
pub use get::get;
pub use handler::hand_over;
pub use list::list;
pub use mark_read::mark_read;
pub use references::set_references;
pub use reopen::reopen;
pub(super) use view::ConversationView;
