//! Message templates, as far as the platform has told of them.

mod advertising;
pub mod approved;
mod holds;
pub mod news;
pub mod read;

pub use advertising::of_marketing;
