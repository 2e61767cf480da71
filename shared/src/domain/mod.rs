//! The terms of the field and the rules that hold between them. No I/O, no async.

pub mod account;
pub mod account_settings;
pub mod business_hours;
pub mod channel;
pub mod clock;
#[cfg(feature = "conditions")]
pub mod condition;
pub mod consent;
pub mod conversation;
pub mod deterministic;
pub mod flow_status;
pub mod hosts;
pub mod identity;
pub mod ids;
pub mod message;
pub mod named;
pub mod notification;
pub mod permission;
pub mod person;
pub mod platform_news;
pub mod proportion;
pub mod status;
pub mod trace;
pub mod user;
pub mod window;
