//! What every sender shares: the checks at the send, one attempt at it, the pace.

pub mod attempt;
pub mod gate;
pub mod metrics;
pub mod pace;
pub mod plan;
