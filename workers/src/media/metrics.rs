//! The figures of `media-fetcher`.

use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

/// From what a picture takes to what a film takes, in seconds.
const BUCKETS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

/// What the worker counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Work on files by kind (`fetch`, `upload`) and outcome: `done`, or the code of the fault.
    pub jobs: IntCounterVec,
    /// Work on files that is put back to be tried again, by kind.
    pub retries: IntCounterVec,
    /// Bytes of files, by kind of work.
    pub bytes: IntCounterVec,
    /// Time that work took, by kind.
    pub seconds: HistogramVec,
    /// Uploads to the API that were never finished, and were cleared away.
    pub unfinished: IntCounter,
}

impl Metrics {
    /// Registers the figures.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            jobs: IntCounterVec::new(
                Opts::new("loa_media_jobs_total", "Attempts at fetching and uploading files, by outcome"),
                &["kind", "outcome"],
            )?,
            retries: IntCounterVec::new(
                Opts::new("loa_media_retries_total", "Attempts that were put back to be made again"),
                &["kind"],
            )?,
            bytes: IntCounterVec::new(
                Opts::new("loa_media_bytes_total", "Bytes of files that were fetched and uploaded"),
                &["kind"],
            )?,
            seconds: HistogramVec::new(
                HistogramOpts::new("loa_media_seconds", "Time that an attempt took, in seconds")
                    .buckets(BUCKETS.into()),
                &["kind"],
            )?,
            unfinished: IntCounter::new(
                "loa_media_unfinished_uploads_total",
                "Files given to the API that never came whole and were cleared away",
            )?,
        };
        registry.register(Box::new(metrics.jobs.clone()))?;
        registry.register(Box::new(metrics.retries.clone()))?;
        registry.register(Box::new(metrics.bytes.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        registry.register(Box::new(metrics.unfinished.clone()))?;
        Ok(metrics)
    }
}
