//! Message templates, as far as the platform has told of them.

pub mod approved;
mod holds;
pub mod news;
pub mod read;
