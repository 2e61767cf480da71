//! Runs a [`Worker`] over its queue.
//!
//! The worker handles batches of tasks and says what a failure means; everything else is here: taking deliveries,
//! decoding, isolating the one bad task of a batch, delays, parking, panics, acknowledgements, outages, shutdown.
//! A delivery is acknowledged last, when each of its tasks is done or durably elsewhere. What goes wrong before
//! that brings it back, so a worker must be idempotent.

mod batch;
mod decide;
mod drain;
mod handle;
mod lane;
mod settle;
mod task;
mod worker;

pub use drain::drain;
pub use handle::Unfinished;
pub use lane::run;
pub use task::{CodecError, Task};
pub use worker::{Consume, Failure, Worker};
