//! Spans: what each stage did with an event or a request, told to a collector over OTLP where one is named.
//!
//! The stages of an event are hours and processes apart and work on many at a time, so a span is told whole, by whoever
//! is done with it, as a child of the trace's first one. Where no collector is named, nothing is done at all.

use std::sync::OnceLock;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanProcessor};
use rand::Rng as _;

use super::collector::Collector;
use crate::config::Traces;
use crate::domain::trace::TraceParent;

/// Where the spans of this process go. One for the process's life, as its logs.
static TOLD: OnceLock<Told> = OnceLock::new();

/// The bits of a trace id that samplers go by: its last seven bytes.
///
/// Source: <https://www.w3.org/TR/trace-context-2/#random-trace-id-flag>
const SAMPLED_BITS: u32 = 56;

#[derive(Debug)]
struct Told {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
    /// Traces whose last bits are below this are told.
    below: u64,
}

/// Why spans cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum SpansError {
    /// The exporter cannot be built.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT: {0}")]
    Exporter(#[from] ExporterBuildError),
    /// They are told already.
    #[error("spans are told already")]
    Taken,
}

/// Something that a stage did.
#[derive(Clone, Debug)]
pub struct Span {
    /// What, in one or two words.
    pub name: &'static str,
    /// Its part in the exchange.
    pub kind: Kind,
    /// Since when.
    pub began: DateTime<Utc>,
    /// Whom and what it was about: ids and outcomes, never words or addresses of people.
    pub about: Vec<(&'static str, String)>,
    /// What went wrong, if anything did.
    pub fault: Option<&'static str>,
}

/// A span's part in an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It answers a request.
    Server,
    /// It takes what somebody left in a queue.
    Consumer,
    /// It asks somebody outside.
    Client,
}

impl From<Kind> for SpanKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Server => Self::Server,
            Kind::Consumer => Self::Consumer,
            Kind::Client => Self::Client,
        }
    }
}

/// Begins to tell spans of `process` to the collector of `traces`. In a Tokio runtime, which does the telling.
pub fn start_spans(process: &'static str, traces: &Traces) -> Result<(), SpansError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(Collector::new())
        .with_endpoint(traces.spans_endpoint())
        .with_headers(traces.headers())
        .build()?;
    let mut processor = BatchSpanProcessor::builder(exporter).build();
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource =
        Resource::builder_empty().with_service_name(format!("loa-{process}")).with_attribute(version).build();
    processor.set_resource(&resource);
    let scope = InstrumentationScope::builder("loa").with_version(env!("CARGO_PKG_VERSION")).build();
    let below = traces.ratio.of(1 << SAMPLED_BITS);
    TOLD.set(Told { processor, scope, below }).map_err(|_| SpansError::Taken)
}

/// Whether spans are told at all.
pub fn are_told() -> bool {
    TOLD.get().is_some()
}

/// Tells what is still held back. At the end of a process, beside its runtime: this blocks.
pub fn finish_spans() {
    if let Some(told) = TOLD.get()
        && let Err(error) = told.processor.shutdown()
    {
        tracing::warn!(%error, "the last spans were not told");
    }
}

/// Tells the span of a request: the first of its trace where it began one, else one that `place` led to.
pub fn served(place: TraceParent, span: impl FnOnce() -> Span) {
    if place != TraceParent::root(place.trace) {
        return next(place, span);
    }
    if let Some(told) = told(place) {
        told.tell(place, SpanId::INVALID, SpanId::from_bytes(place.span.to_be_bytes()), span());
    }
}

/// Tells a span that `place` led to.
pub fn next(place: TraceParent, span: impl FnOnce() -> Span) {
    if let Some(told) = told(place) {
        let id = rand::rng().random_range(1..=u64::MAX);
        told.tell(place, SpanId::from_bytes(place.span.to_be_bytes()), SpanId::from_bytes(id.to_be_bytes()), span());
    }
}

/// Every process decides alike: by what whoever began the trace wants, and by the trace's own bits.
fn told(place: TraceParent) -> Option<&'static Told> {
    let (_, end) = place.trace.uuid().as_u64_pair();
    let bits = end & ((1 << SAMPLED_BITS) - 1);
    TOLD.get().filter(|told| place.sampled && bits < told.below)
}

impl Told {
    fn tell(&self, place: TraceParent, parent: SpanId, id: SpanId, span: Span) {
        let trace = opentelemetry::trace::TraceId::from_bytes(place.trace.uuid().into_bytes());
        let attributes = span.about.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
        self.processor.on_end(SpanData {
            span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: parent,
            parent_span_is_remote: parent != SpanId::INVALID,
            span_kind: span.kind.into(),
            name: span.name.into(),
            start_time: span.began.into(),
            end_time: SystemTime::now(),
            attributes,
            dropped_attributes_count: 0,
            events: opentelemetry_sdk::trace::SpanEvents::default(),
            links: opentelemetry_sdk::trace::SpanLinks::default(),
            status: span.fault.map_or(Status::Unset, Status::error),
            instrumentation_scope: self.scope.clone(),
        });
    }
}
