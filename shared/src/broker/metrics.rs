//! What the broker module counts.

use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, exponential_buckets, histogram_opts, opts,
};

/// The counters of one process, registered once.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(super) deliveries: IntCounterVec,
    pub(super) tasks: IntCounterVec,
    pub(super) batch_tasks: HistogramVec,
    pub(super) publishes: HistogramVec,
    pub(super) connected: IntGaugeVec,
    pub(super) wakes: IntCounterVec,
    pub(super) unavailable: IntGaugeVec,
}

impl Metrics {
    /// Registers them in `registry`.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            deliveries: counter(
                "loa_broker_deliveries_total",
                "Deliveries taken from a queue, by worker and by whether they came for the first time (`first`) or again (`again`).",
                &["worker", "delivery"],
            )?,
            tasks: counter(
                "loa_broker_tasks_total",
                "Tasks settled, by worker and outcome: `acked`, `retried`, `parked`, `split`.",
                &["worker", "outcome"],
            )?,
            batch_tasks: histogram(
                histogram_opts!(
                    "loa_broker_batch_tasks",
                    "Tasks per batch, by worker.",
                    exponential_buckets(1.0, 2.0, 13)?
                ),
                &["worker"],
            )?,
            publishes: histogram(
                histogram_opts!(
                    "loa_broker_publish_seconds",
                    "Time from publish to its end, by outcome: `confirmed`, `returned`, `rejected`, `unconfirmed`, `unsent`.",
                    exponential_buckets(0.000_5, 2.0, 15)?
                ),
                &["outcome"],
            )?,
            connected: gauge(
                "loa_broker_connected",
                "Whether the connection is up (1) or not (0), by its use: `publish`, `consume`.",
                &["link"],
            )?,
            wakes: counter("loa_broker_wakes_total", "Wake-ups confirmed by the broker, by queue.", &["queue"])?,
            unavailable: gauge(
                "loa_broker_held_batches",
                "Batches that a worker holds while what it depends on does not answer.",
                &["worker"],
            )?,
        };
        metrics.register_all(registry)?;
        Ok(metrics)
    }

    fn register_all(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.deliveries.clone()))?;
        registry.register(Box::new(self.tasks.clone()))?;
        registry.register(Box::new(self.batch_tasks.clone()))?;
        registry.register(Box::new(self.publishes.clone()))?;
        registry.register(Box::new(self.connected.clone()))?;
        registry.register(Box::new(self.wakes.clone()))?;
        registry.register(Box::new(self.unavailable.clone()))
    }
}

fn counter(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
    IntCounterVec::new(opts!(name, help), labels)
}

fn gauge(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
    IntGaugeVec::new(Opts::new(name, help), labels)
}

fn histogram(options: HistogramOpts, labels: &[&str]) -> prometheus::Result<HistogramVec> {
    HistogramVec::new(options, labels)
}
