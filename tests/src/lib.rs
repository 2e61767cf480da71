//! What the tests of Loa as a whole are told in: one app, one vocabulary.

pub mod api;
pub mod app;
pub mod broker;
pub mod conversation;
pub mod files;
pub mod flows;
pub mod load;
pub mod logs;
pub mod merchant;
pub mod news;
pub mod proxy;
mod queueing;
pub mod repository;
pub mod schema;
mod senders;
pub mod stage;
pub mod talk;
pub mod threads;
pub mod whatsapp;

pub use app::TestApp;
pub use schema::MIGRATOR;
