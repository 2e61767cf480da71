//! What is logged while a test runs.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

/// Lines as the processes write them.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// All that `filter` lets through from here on, until the end of the test's process.
    pub fn of(filter: &str) -> anyhow::Result<Self> {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true);
        let subscriber = subscriber.with_writer(log.clone()).with_env_filter(filter).finish();
        tracing::subscriber::set_global_default(subscriber)?;
        Ok(log)
    }

    /// Everything so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// What was said under a trace, in order.
    pub fn under(&self, trace: &str) -> Vec<String> {
        let of_trace = |line: &Value| line["trace_id"] == trace || line["span"]["trace_id"] == trace;
        let lines = self.lines().into_iter().filter(of_trace);
        lines.filter_map(|line| line["message"].as_str().map(str::to_owned)).collect()
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
