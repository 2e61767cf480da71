//! `outbound-sender`: empties the outbox of whichever account it is woken for.

mod circumstances;
pub mod turns;
pub mod worker;

pub use worker::Outbound;
