//! The resources, a module each, an operation a file.

pub mod accounts;
pub mod auth;
pub mod contacts;
pub mod conversations;
pub mod media;
pub mod messages;
mod shop_filter;
pub mod unclaimed_events;
