//! Messages: what was said. A month of them is a partition.

pub mod history;
pub mod insert;
pub mod outcome;
pub mod queue;
pub mod sent;
pub mod status;
pub mod watermark;

/// Where a message's content is sealed.
pub const CONTENT: &str = "messages.content";

/// The longest preview that an inbox list shows, in characters.
pub const PREVIEW_LENGTH: usize = 120;
