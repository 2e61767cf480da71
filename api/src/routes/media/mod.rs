//! Files: giving one, looking at one, having one fetched once more.

mod content;
mod get;
mod retry;
mod taking;
mod upload;
mod view;

pub use content::*;
pub use get::*;
pub use retry::*;
pub use upload::*;
