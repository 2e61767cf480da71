//! What the spool counts.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets};

use super::error::NotSpooled;

/// The metrics of the spool; all zero where there is none. Clones are the same metrics.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    bytes: IntGauge,
    events: IntGauge,
    oldest: IntGauge,
    state: IntGauge,
    pub(crate) spooled: IntCounter,
    pub(crate) drained: IntCounter,
    refused: IntCounterVec,
    pub(crate) damaged: IntCounter,
    pub(crate) torn: IntCounter,
    pub(crate) sync_seconds: Histogram,
}

/// What the spool is doing, as the gauge shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// It is empty, or there is none.
    Empty = 0,
    /// Events go through it.
    Filled = 1,
    /// It has refused events: it is full, or cannot be written.
    Refusing = 2,
}

impl Metrics {
    /// Registers them in `registry`.
    pub(crate) fn register(registry: &Registry) -> prometheus::Result<Self> {
        let refused =
            Opts::new("loa_ingress_spool_refused_events_total", "Events that the spool did not take, by reason");
        let sync_seconds = HistogramOpts::new(
            "loa_ingress_spool_sync_seconds",
            "Time until the disk had what was written to the spool, in seconds",
        );
        let metrics = Self {
            bytes: IntGauge::new("loa_ingress_spool_bytes", "Bytes of the spool on disk")?,
            events: IntGauge::new("loa_ingress_spool_events", "Events in the spool that are not in the broker")?,
            oldest: IntGauge::new(
                "loa_ingress_spool_oldest_timestamp_seconds",
                "When the oldest of them was accepted, in seconds since 1970; 0 where there is none",
            )?,
            state: IntGauge::new(
                "loa_ingress_spool_state",
                "0: events go to the broker; 1: they go through the spool; 2: the spool refuses them",
            )?,
            spooled: IntCounter::new("loa_ingress_spool_spooled_events_total", "Events written to the spool")?,
            drained: IntCounter::new(
                "loa_ingress_spool_drained_events_total",
                "Events that went from the spool to the broker",
            )?,
            refused: IntCounterVec::new(refused, &["reason"])?,
            damaged: IntCounter::new(
                "loa_ingress_spool_damaged_total",
                "Places in the spool that did not read; their segments were set aside",
            )?,
            torn: IntCounter::new(
                "loa_ingress_spool_torn_total",
                "Writes that a crash had cut short; their events were never acknowledged",
            )?,
            sync_seconds: Histogram::with_opts(sync_seconds.buckets(exponential_buckets(0.000_25, 2.0, 14)?))?,
        };
        for gauge in [&metrics.bytes, &metrics.events, &metrics.oldest, &metrics.state] {
            registry.register(Box::new(gauge.clone()))?;
        }
        for counter in [&metrics.spooled, &metrics.drained, &metrics.damaged, &metrics.torn] {
            registry.register(Box::new(counter.clone()))?;
        }
        registry.register(Box::new(metrics.refused.clone()))?;
        registry.register(Box::new(metrics.sync_seconds.clone()))?;
        Ok(metrics)
    }

    /// What the spool holds; `oldest` in microseconds since 1970.
    pub(crate) fn held(&self, bytes: u64, events: u64, oldest: Option<i64>) {
        self.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.events.set(i64::try_from(events).unwrap_or(i64::MAX));
        self.oldest.set(oldest.unwrap_or(0) / 1_000_000);
    }

    pub(crate) fn activity(&self, activity: Activity) {
        self.state.set(activity as i64);
    }

    pub(crate) fn refused(&self, events: u32, reason: &NotSpooled) {
        let reason = match reason {
            NotSpooled::Full => "full",
            NotSpooled::Disk(_) | NotSpooled::Seal | NotSpooled::Closed => "failed",
        };
        self.refused.with_label_values(&[reason]).inc_by(events.into());
    }
}
