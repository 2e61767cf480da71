//! What every sender shares: the checks at the send, one attempt at it, the pace.

mod ahead;
pub mod attempt;
pub mod country;
mod files;
pub mod gate;
pub(crate) mod heard;
pub mod late;
pub mod measures;
pub mod metrics;
pub mod pace;
pub mod pairs;
pub mod plan;
mod record;
pub mod remedies;
mod together;
mod told;
