//! X's direct messages.

mod attachment;
mod content;
pub mod error;
mod message;
pub mod oauth;
pub mod send;
mod status;
mod text;
pub mod webhook;
