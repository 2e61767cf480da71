//! What goes wrong with a file that is fetched.

use serde::{Deserialize, Serialize};

/// What goes wrong with the fetching of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileFault {
    /// The checksum that is told is not the file's.
    WrongChecksum,
    /// The file is twice as large as is told.
    LargerThanTold,
    /// The download begins only after so many milliseconds.
    Slow(u64),
    /// The connection is cut before the download begins.
    CutOff,
    /// The download is answered with this HTTP status.
    HttpStatus(u16),
    /// The address has expired as soon as it is told.
    Expired,
    /// The id is not known any more.
    Gone,
}
