//! X's direct messages.

mod attachment;
pub(super) mod connect;
mod content;
pub mod error;
pub mod media;
mod message;
pub mod oauth;
pub mod send;
mod status;
mod text;
pub mod webhook;
