//! `message-persistence`: stores what customers write, once, and wakes who answers.
//!
//! ```text
//! raw events -> reading (pure) -> one transaction (writing) -> commit -> wakes -> acks
//! ```
//!
//! Whatever a batch holds, nothing of it is skipped: what no account claims or nobody can read is
//! kept as an unclaimed event.

mod effects;
mod files;
pub mod metrics;
mod placing;
pub mod reading;
pub mod stop_words;
mod telling;
pub mod worker;
pub mod writing;

pub use worker::Persist;
