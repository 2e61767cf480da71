//! Logs: one JSON object a line, to standard output.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// lapin logs messages that the broker returns, body and all: a customer's words.
const RETURNED_BODIES: &str = "lapin::returned_messages=off";

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter does not read.
    #[error("LOG: {0}")]
    Filter(#[from] ParseError),
    /// Something else logs already.
    #[error(transparent)]
    Taken(#[from] TryInitError),
}

/// Sends the logs that `filter` lets through to standard output, for the rest of the process's life.
pub fn start_logs(filter: &str) -> Result<(), LogError> {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(EnvFilter::try_new(filter)?.add_directive(RETURNED_BODIES.parse()?))
        .finish()
        .try_init()?;
    Ok(())
}
