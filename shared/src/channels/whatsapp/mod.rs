//! WhatsApp Business Cloud API.

pub mod error;
mod message;
pub mod send;
mod status;
pub mod version;
pub mod webhook;
