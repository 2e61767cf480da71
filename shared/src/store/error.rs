//! What can go wrong with the store, said so that a caller knows what to do next.

use super::seal::SealError;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// PostgreSQL, or the way to it.
    #[error("{0}")]
    Sql(#[from] sqlx::Error),
    /// A value that cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A row that says what no row may say.
    #[error("a row of {table} does not read: {problem}")]
    Corrupt {
        /// Which table.
        table: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A time that no partition of messages is made for.
    #[error("bad_timestamp: no partition of messages holds the time of {0}")]
    BadTimestamp(uuid::Uuid),
    /// Another transaction was first with a row that this one was about to write.
    #[error("another transaction was first in {0}")]
    Raced(&'static str),
}

impl StoreError {
    /// Whether PostgreSQL is not there or cannot work at all, or this process was not given the right
    /// keys: nothing is wrong with what was asked, and nothing else would fare better.
    pub fn is_unavailable(&self) -> bool {
        let error = match self {
            Self::Sql(error) => error,
            // The wrong master key: no batch of any merchant would fare better.
            Self::Seal(SealError::NoKey { .. } | SealError::Broken("data_keys")) => return true,
            _ => return false,
        };
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| is_outage(&code)),
            _ => false,
        }
    }

    /// Whether the same transaction, tried again at once, is likely to pass.
    pub fn is_serialization(&self) -> bool {
        if matches!(self, Self::Raced(_)) {
            return true;
        }
        let Self::Sql(sqlx::Error::Database(error)) = self else {
            return false;
        };
        matches!(error.code().as_deref(), Some("40001" | "40P01"))
    }

    /// What it means to whoever adds a row only where it read that there is none: a row that breaks `constraint`
    /// came in between.
    pub(super) fn or_raced(self, constraint: &'static str) -> Self {
        if self.constraint() == Some(constraint) { Self::Raced(constraint) } else { self }
    }

    /// The named constraint that was broken.
    pub fn constraint(&self) -> Option<&str> {
        let Self::Sql(sqlx::Error::Database(error)) = self else {
            return None;
        };
        error.constraint()
    }
}

/// SQLSTATE classes 08 (connection), 53 (resources), 57P (shutdown, starting up), and 25006
/// (read-only: a standby answers after a failover).
fn is_outage(code: &str) -> bool {
    code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") || code == "25006"
}
