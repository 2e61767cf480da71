//! Accounts: a merchant's own identities on a channel.

mod connect;
mod get;
mod list;
mod request;
mod view;

pub use connect::*;
pub use get::*;
pub use list::*;
