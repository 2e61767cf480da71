//! What the spool asks of the disk when it writes. Tests put a failing one in its place.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// A customer's words: nobody else's to read.
const MODE: u32 = 0o600;

/// Writes files.
pub(crate) trait Disk: Send + Sync + 'static {
    /// A new file.
    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)
    }

    /// Writes all of `bytes` at the offset `at`.
    fn write(&self, file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    /// Returns when what was written would survive a loss of power.
    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    /// Returns when the names in the folder `names` would survive it.
    fn sync_names(&self, names: &File) -> io::Result<()> {
        names.sync_all()
    }
}

/// The disk.
pub(crate) struct RealDisk;

impl Disk for RealDisk {}
