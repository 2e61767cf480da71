//! Logs as JSON lines, and the ages by which the whole way is judged.

mod event_age;
mod logs;

pub use event_age::EventAge;
pub use logs::{LogError, start_logs};
