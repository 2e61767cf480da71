//! Files that messages carry: a row each, work to fetch and to upload them, and what platforms call them.

pub mod insert;
pub mod jobs;
pub mod outcome;
pub mod read;
pub mod sweep;
pub mod uploads;
pub mod waits;

/// Where the name of a file is sealed.
const FILENAME: &str = "media.filename";
/// Where the address of a file is sealed.
const LINK: &str = "media.link";
