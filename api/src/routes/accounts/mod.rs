//! Accounts: a merchant's own identities on a channel.

mod connect;
mod credentials;
mod disconnect;
mod fault;
mod get;
mod limits;
mod list;
mod request;
mod settings;
mod view;

pub use connect::connect;
pub use credentials::credentials;
pub use disconnect::disconnect;
pub use get::get;
pub use limits::limits;
pub use list::list;
pub use settings::change;

/// Waiting messages that a request cancels at once; the janitor takes the rest of a long backlog.
const LEFT_AT_ONCE: i64 = 1_000;
