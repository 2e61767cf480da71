//! Accounts: a merchant's own identities on the channels.

pub mod resolve;
pub mod sender;
