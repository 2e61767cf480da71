//! Accounts: a merchant's own identities on a channel.

mod connect;
mod get;
mod list;
mod request;
mod view;

pub use connect::connect;
pub use get::get;
pub use list::list;
