//! What handlers take from a request, each with its own way of being wrong.

mod given;
mod json;
mod params;
mod path;

pub use given::Given;
pub use json::{Json, read_value};
pub use params::Params;
pub use path::{PathId, PathTag, PathText, PathVersion};
