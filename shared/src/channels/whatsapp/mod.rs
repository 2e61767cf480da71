//! WhatsApp Business Cloud API.

pub mod error;
pub mod media;
mod message;
pub mod read_mark;
pub mod send;
mod status;
pub mod version;
pub mod webhook;
