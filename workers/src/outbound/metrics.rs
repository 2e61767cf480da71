//! The figures of `outbound-sender` besides those of every sender.

use prometheus::{IntCounterVec, IntGauge, Opts, Registry};

/// What it counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Marks by channel and outcome: `marked`, `refused`, `unknown`, `not_supported`.
    pub read_marks: IntCounterVec,
    /// When the version of WhatsApp's API ends, in seconds since 1970; 0 where no end is known.
    pub version_ends: IntGauge,
}

impl Metrics {
    /// Registers the figures.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            read_marks: IntCounterVec::new(
                Opts::new("loa_outbound_read_marks_total", "Attempts at marking as read, by channel and outcome"),
                &["channel", "outcome"],
            )?,
            version_ends: IntGauge::new(
                "loa_outbound_api_version_ends_timestamp_seconds",
                "When the version of WhatsApp's API ends, in seconds since 1970; 0 where no end is known",
            )?,
        };
        registry.register(Box::new(metrics.read_marks.clone()))?;
        registry.register(Box::new(metrics.version_ends.clone()))?;
        Ok(metrics)
    }
}
