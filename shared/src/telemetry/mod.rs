//! Logs as JSON lines, the spans of a trace, and the ages by which the whole way is judged.

mod collector;
mod event_age;
mod logs;
pub mod spans;

pub use event_age::EventAge;
pub use logs::{LogError, start_logs};
