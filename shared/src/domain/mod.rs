//! The terms of the field and the rules that hold between them. No I/O, no async.

pub mod account;
pub mod channel;
pub mod clock;
pub mod consent;
pub mod conversation;
pub mod deterministic;
pub mod identity;
pub mod ids;
pub mod message;
pub mod named;
pub mod permission;
pub mod person;
pub mod platform_news;
pub mod status;
pub mod user;
pub mod window;
