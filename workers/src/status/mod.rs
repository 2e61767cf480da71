//! `status-tracker`: moves messages through their life, and follows what platforms tell of accounts.

mod follow;
pub mod metrics;
pub mod news;
mod preferences;
mod statuses;
pub mod worker;
pub mod writing;

pub use worker::Track;
