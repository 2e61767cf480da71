//! What can go wrong with an object.

use std::error::Error;

/// Why an object was not stored, given or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is no such object.
    #[error("there is no object {0}")]
    Missing(String),
    /// The store did not answer in time.
    #[error("the object store took too long")]
    TimedOut,
    /// So many files are on their way that this one did not get its turn.
    #[error("too many files are being transferred")]
    Busy,
    /// The store refused, or was not to be reached.
    #[error("the object store failed: {0}")]
    Store(#[source] object_store::Error),
    /// What was to be stored broke off.
    #[error("what was to be stored broke off: {0}")]
    Source(#[source] Box<dyn Error + Send + Sync>),
}

impl From<object_store::Error> for ObjectError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { path, .. } => Self::Missing(path),
            error => Self::Store(error),
        }
    }
}
