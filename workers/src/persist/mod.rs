//! `message-persistence`: stores what customers write, once, and wakes who answers.
//!
//! ```text
//! raw events -> reading (pure) -> claiming -> shares, side by side: one transaction (writing) -> commit -> wakes
//!            -> acks
//! ```
//!
//! Of the same people one batch is stored at a time, and the next is read meanwhile: two would wait for each other in the
//! rows of the customers who are in both.
//!
//! Whatever a batch holds, nothing of it is skipped: what no account claims or nobody can read is
//! kept as an unclaimed event.

mod claiming;
mod effects;
mod files;
pub mod metrics;
mod placing;
pub mod reading;
mod recent;
mod sharing;
pub mod stop_words;
mod telling;
pub mod worker;
mod writing;

pub use worker::Persist;
