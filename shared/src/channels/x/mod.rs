//! X's direct messages.

pub mod error;
pub mod media;
mod message;
pub mod oauth;
pub mod send;
mod status;
mod text;
pub mod webhook;
