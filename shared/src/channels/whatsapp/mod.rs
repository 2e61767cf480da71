//! WhatsApp Business Cloud API.

pub mod error;
mod message;
pub mod read_mark;
pub mod send;
mod status;
pub mod version;
pub mod webhook;
