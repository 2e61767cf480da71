//! Messages: sending one, and how one is shown.

mod outcome;
mod request;
mod send;
mod spelling;
mod view;

pub use send::*;
pub(super) use view::MessageView;
