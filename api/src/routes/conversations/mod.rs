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

pub use assign::*;
pub use close::*;
pub use get::*;
pub use handler::*;
pub use list::*;
pub use mark_read::*;
pub use references::*;
pub use reopen::*;
pub(super) use view::ConversationView;
