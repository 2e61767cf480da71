//! Messages: what was said. A month of them is a partition.

pub mod amend;
mod climb;
pub mod find;
pub mod history;
pub mod insert;
pub mod outcome;
pub mod queue;
pub mod reactions;
pub mod search;
pub mod sent;
pub mod status;
pub mod watermark;

/// Where a message's content is sealed.
pub const CONTENT: &str = "messages.content";
