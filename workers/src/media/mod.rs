//! `media-fetcher`: brings files into our store, and gives stored files to the platforms.

pub mod fault;
pub mod fetch;
pub mod links;
pub mod metrics;
pub mod prepare;
pub mod settings;
pub mod tidy;
pub mod upload;
pub mod watch;
pub mod worker;

pub use worker::Media;
