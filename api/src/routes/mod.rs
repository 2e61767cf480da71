//! The resources, a module each, an operation a file.

pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod auth;
pub mod contacts;
pub mod conversations;
pub mod dead_letters;
pub mod doubts;
pub mod flows;
pub mod media;
pub mod merchant;
pub mod messages;
pub mod notifications;
mod passwords;
mod shop_filter;
pub mod shops;
pub mod teams;
pub mod unclaimed_events;
pub mod users;
