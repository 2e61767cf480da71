//! Messages: sending them, finding them, taking them back, and how they are shown.

mod allowance;
mod answer;
mod cancel;
mod get;
mod list;
mod outcome;
mod queueing;
mod react;
mod request;
mod retry;
mod send;
mod spelling;
mod view;

pub(super) use allowance::MOST_UNSENT;
pub(super) use answer::sent;
pub use cancel::cancel;
pub use get::get;
pub use list::list;
pub(super) use queueing::{Outgoing, queue};
pub use react::{react, unreact};
pub use retry::retry;
pub use send::send;
pub(super) use view::{MessageView, SentView};
