//! `status-tracker`: moves messages through their life, and keeps what platforms tell of accounts.

mod follow;
pub mod metrics;
pub mod worker;
pub mod writing;

pub use worker::Track;
