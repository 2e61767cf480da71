//! Facebook Messenger, and Instagram messaging where one app serves both.

pub mod error;
mod event;
pub mod media;
pub mod read_mark;
pub mod send;
mod status;
pub mod webhook;
