//! `outbound-sender`: empties the outbox of whichever account it is woken for.

pub mod turns;
pub mod worker;

pub use worker::Outbound;
