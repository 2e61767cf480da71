//! Why events are not in the spool, and why there is no spool.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use shared::config::variables::{INGRESS_SPOOL_DIR, MESSAGE_ENCRYPTION_KEY};

/// Why events could not be written to the spool.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NotSpooled {
    /// It holds as much as it may.
    #[error("the spool is full")]
    Full,
    /// The disk is full, or broken.
    #[error("the spool cannot be written: {0}")]
    Disk(#[from] Arc<io::Error>),
    /// Sealing failed.
    #[error("the spool cannot be sealed")]
    Seal,
    /// The process ends.
    #[error("the spool is closed")]
    Closed,
}

/// Why the spool could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory, or a file in it, cannot be used.
    #[error("{}: {}: {source}", INGRESS_SPOOL_DIR.name, path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two processes would write to one directory.
    #[error("{}: another process uses {}", INGRESS_SPOOL_DIR.name, .0.display())]
    InUse(PathBuf),
    /// Events lie there that this process could not read.
    #[error(
        "{}: {} is sealed under the key with fingerprint {wanted}, {}; start once with that key, or move the file away",
        MESSAGE_ENCRYPTION_KEY.name,
        path.display(),
        given.as_ref().map_or("and none is set".to_owned(), |given| format!("and the one that is set has {given}"))
    )]
    OtherKey {
        /// The segment.
        path: PathBuf,
        /// The fingerprint of its key.
        wanted: String,
        /// The fingerprint of this process's key.
        given: Option<String>,
    },
}
