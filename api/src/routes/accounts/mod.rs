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

pub use connect::*;
pub use credentials::*;
pub use disconnect::*;
pub use get::*;
pub use limits::*;
pub use list::*;
pub use settings::*;

/// Waiting messages that a request cancels at once; the janitor takes the rest of a long backlog.
const LEFT_AT_ONCE: i64 = 1_000;
