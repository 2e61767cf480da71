//! Accounts: a merchant's own identities on the channels.

pub mod connect;
pub mod disconnect;
pub mod health;
pub mod news;
pub mod read;
pub mod resolve;
pub mod sender;
pub mod settings;
pub mod standing;
pub mod statistics;
pub mod usage;
