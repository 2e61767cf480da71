//! Facebook Messenger, and Instagram messaging where one app serves both.

mod attachment;
pub(super) mod connect;
mod content;
pub mod error;
mod event;
pub mod media;
pub mod read_mark;
mod referral;
pub mod send;
mod status;
pub mod webhook;
