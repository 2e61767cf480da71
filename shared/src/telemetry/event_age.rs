//! The main service level: how old an event is when a stage is done with it.

use chrono::{DateTime, Utc};
use prometheus::{Histogram, HistogramOpts, Registry};

use crate::domain::clock;

/// Upper bounds of the age histogram, in seconds: from a healthy pipeline to an hour's outage.
const BOUNDS: [f64; 15] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0, 3600.0];

/// A histogram of the time since the ingress had an event, `loa_<process>_event_age_seconds`.
#[derive(Clone, Debug)]
pub struct EventAge(Histogram);

impl EventAge {
    /// Registers the age at the end of `process`'s stage; `stage` says in words what was done then.
    pub fn register(registry: &Registry, process: &str, stage: &str) -> prometheus::Result<Self> {
        let name = format!("loa_{process}_event_age_seconds");
        let help = format!("Time from the webhook's arrival until it was {stage}, in seconds");
        let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(BOUNDS.to_vec()))?;
        registry.register(Box::new(histogram.clone()))?;
        Ok(Self(histogram))
    }

    /// Notes that an event received at `received_at` has got this far.
    pub fn observe(&self, received_at: DateTime<Utc>) {
        self.0.observe(clock::age_seconds(received_at, clock::now()));
    }
}
