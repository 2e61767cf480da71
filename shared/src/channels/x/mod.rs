//! X's direct messages.

pub mod error;
mod message;
pub mod oauth;
pub mod send;
mod status;
mod text;
pub mod webhook;
