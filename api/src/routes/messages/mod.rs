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
pub use cancel::*;
pub use get::*;
pub use list::*;
pub(super) use queueing::{Outgoing, queue};
pub use react::*;
pub use retry::*;
pub use send::*;
pub(super) use view::{MessageView, SaidView, SentView};
