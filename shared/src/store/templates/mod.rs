//! Message templates, as far as the platform has told of them.

mod holds;
pub mod news;
pub mod read;
