//! `outbound-sender`: empties the outbox of whichever account it is woken for.

mod circumstances;
pub mod metrics;
pub mod read_marks;
pub mod turns;
pub mod worker;

pub use read_marks::ReadMarks;
pub use worker::Outbound;
