//! What the ingress counts.

use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};
use shared::domain::channel::Channel;
use shared::events::raw::EventHead;
use shared::telemetry::EventAge;

use crate::{spool, trace};

/// What became of a webhook request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    BadSignature,
    TooLarge,
    Timeout,
    Overloaded,
    NotDurable,
    HungUp,
}

impl Outcome {
    const ALL: [Self; 7] = [
        Self::Accepted,
        Self::BadSignature,
        Self::TooLarge,
        Self::Timeout,
        Self::Overloaded,
        Self::NotDurable,
        Self::HungUp,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::BadSignature => "bad_signature",
            Self::TooLarge => "too_large",
            Self::Timeout => "timeout",
            Self::Overloaded => "overloaded",
            Self::NotDurable => "not_durable",
            Self::HungUp => "hung_up",
        }
    }
}

/// The metrics of the ingress, registered once.
#[derive(Debug)]
pub struct Metrics {
    /// Whether webhooks are counted; what the ingress itself goes by is there either way.
    counts: bool,
    requests: Vec<IntCounter>,
    challenges: IntCounterVec,
    made_durable: Histogram,
    not_durable: Histogram,
    body_bytes: Histogram,
    gathered: Histogram,
    pub(crate) in_flight_bytes: IntGauge,
    pub(crate) connections: IntGauge,
    pub(crate) connections_refused: IntCounter,
    age: EventAge,
    pub(crate) spool: spool::Metrics,
}

impl Metrics {
    /// Registers them in `registry`. Where they are not to count, the webhooks leave no trace in them.
    pub fn register(registry: &Registry, counts: bool) -> prometheus::Result<Self> {
        let requests = IntCounterVec::new(
            Opts::new(
                "loa_ingress_requests_total",
                "Webhook requests by outcome and channel: the body's where it was read, else the path's",
            ),
            &["channel", "outcome"],
        )?;
        let challenges = IntCounterVec::new(
            Opts::new(
                "loa_ingress_challenges_total",
                "Verification requests by channel and outcome: answered, refused",
            ),
            &["channel", "outcome"],
        )?;
        let durable = HistogramVec::new(
            HistogramOpts::new(
                "loa_ingress_durable_seconds",
                "Time to make an event durable, in seconds, by outcome: durable, not_durable",
            )
            .buckets(exponential_buckets(0.000_5, 2.0, 15)?),
            &["outcome"],
        )?;
        let body_bytes = Histogram::with_opts(
            HistogramOpts::new("loa_ingress_body_bytes", "Size of webhook bodies, in bytes")
                .buckets(exponential_buckets(256.0, 4.0, 8)?),
        )?;
        let gathered = Histogram::with_opts(
            HistogramOpts::new("loa_ingress_gathered_events", "Events that went to the broker in one message")
                .buckets(exponential_buckets(1.0, 2.0, 10)?),
        )?;
        let in_flight_bytes =
            IntGauge::new("loa_ingress_in_flight_bytes", "Bytes of requests being read or not yet confirmed")?;
        let connections = IntGauge::new("loa_ingress_connections", "Connections of clients")?;
        let connections_refused = IntCounter::new(
            "loa_ingress_connections_refused_total",
            "Connections refused because there were too many",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(challenges.clone()))?;
        registry.register(Box::new(durable.clone()))?;
        registry.register(Box::new(body_bytes.clone()))?;
        registry.register(Box::new(gathered.clone()))?;
        registry.register(Box::new(in_flight_bytes.clone()))?;
        registry.register(Box::new(connections.clone()))?;
        registry.register(Box::new(connections_refused.clone()))?;
        Ok(Self {
            counts,
            requests: every_request_counter(&requests),
            challenges,
            made_durable: durable.with_label_values(&["durable"]),
            not_durable: durable.with_label_values(&["not_durable"]),
            body_bytes,
            gathered,
            in_flight_bytes,
            connections,
            connections_refused,
            age: EventAge::register(registry, "ingress", "made durable")?,
            spool: spool::Metrics::register(registry)?,
        })
    }

    /// Begins to follow a request; whatever ends it without an outcome is the client hanging up.
    pub(crate) fn follow(&self, channel: Channel) -> Followed<'_> {
        Followed { metrics: self, channel, outcome: Outcome::HungUp }
    }

    pub(crate) fn body(&self, bytes: usize) {
        if !self.counts {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "bodies are far below 2^52 bytes")]
        self.body_bytes.observe(bytes as f64);
    }

    /// What became of the event of `head`, `took` after it was handed over.
    pub(crate) fn ended(&self, head: &EventHead, is_durable: bool, took: Duration) {
        if self.counts {
            let histogram = if is_durable { &self.made_durable } else { &self.not_durable };
            histogram.observe(took.as_secs_f64());
            if is_durable {
                self.age.observe(head.received_at);
            }
        }
        trace::tell(head, is_durable);
    }

    /// So many events went to the broker in one message.
    pub(crate) fn gathered(&self, events: usize) {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
        if self.counts {
            self.gathered.observe(events as f64);
        }
    }

    pub(crate) fn challenge(&self, channel: Channel, answered: bool) {
        let outcome = if answered { "answered" } else { "refused" };
        self.challenges.with_label_values(&[channel.as_str(), outcome]).inc();
    }
}

/// Looked up once, in the order of [`index`].
fn every_request_counter(requests: &IntCounterVec) -> Vec<IntCounter> {
    Channel::ALL
        .iter()
        .flat_map(|channel| Outcome::ALL.map(|outcome| [channel.as_str(), outcome.as_str()]))
        .map(|labels| requests.with_label_values(&labels))
        .collect()
}

const fn index(channel: Channel, outcome: Outcome) -> usize {
    channel as usize * Outcome::ALL.len() + outcome as usize
}

/// A request whose outcome is counted when this is dropped.
pub(crate) struct Followed<'a> {
    metrics: &'a Metrics,
    pub(crate) channel: Channel,
    pub(crate) outcome: Outcome,
}

impl Drop for Followed<'_> {
    fn drop(&mut self) {
        if let Some(counter) = self.metrics.requests.get(index(self.channel, self.outcome))
            && self.metrics.counts
        {
            counter.inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_counted_under_its_own_labels() {
        let registry = Registry::new();
        let metrics = Metrics::register(&registry, true).unwrap();
        for channel in Channel::ALL {
            for outcome in Outcome::ALL {
                metrics.follow(channel).outcome = outcome;
            }
        }
        let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        for channel in Channel::ALL {
            for outcome in Outcome::ALL {
                let line =
                    format!("loa_ingress_requests_total{{channel=\"{channel}\",outcome=\"{}\"}} 1", outcome.as_str());
                assert!(text.contains(&line), "{line}");
            }
        }
    }
}
