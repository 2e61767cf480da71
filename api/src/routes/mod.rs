//! The resources, a module each, an operation a file.

pub mod accounts;
pub mod auth;
pub mod conversations;
pub mod media;
pub mod messages;
pub mod notifications;
mod shop_filter;
pub mod shops;
pub mod unclaimed_events;
