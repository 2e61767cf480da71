//! Files: giving one, looking at one, having one fetched once more.

mod content;
mod get;
mod range;
mod retry;
mod taking;
mod upload;
mod view;

pub use content::content;
pub use get::get;
pub use retry::retry;
pub use upload::upload;
