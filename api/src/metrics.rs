//! What the API measures of itself.

use std::time::Duration;

use http::{Method, StatusCode};
use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

/// Upper bounds in seconds: a read takes milliseconds, a send waits up to three seconds.
const BOUNDS: [f64; 11] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.5, 15.0];

/// The metrics of the API.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
    /// Webhook requests handed on, by outcome.
    pub forwards: IntCounterVec,
    /// Logins, by outcome.
    pub logins: IntCounterVec,
    /// Requests with an idempotency key, by outcome.
    pub keyed_requests: IntCounterVec,
    /// Requests refused because there were too many, by what counts them.
    pub limited_requests: IntCounterVec,
    /// Requests that nobody counted, since Redis was away.
    pub unlimited_requests: IntCounter,
}

impl Metrics {
    /// Registers them.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            prometheus::Result::Ok(counter)
        };
        let requests = counter(
            "loa_api_requests_total",
            "Requests answered, by route and outcome",
            &["route", "method", "status"],
        )?;
        let forwards = counter("loa_api_forwards_total", "Webhook requests handed on to the ingress", &["outcome"])?;
        let logins = counter("loa_api_logins_total", "Logins tried", &["outcome"])?;
        let keyed_requests = counter(
            "loa_api_keyed_requests_total",
            "Requests with an Idempotency-Key, by what became of them",
            &["outcome"],
        )?;
        let limited_requests =
            counter("loa_api_limited_requests_total", "Requests refused because there were too many", &["limit"])?;
        let unlimited_requests = IntCounter::new(
            "loa_api_unlimited_requests_total",
            "Requests that no limit held for, since Redis was away",
        )?;
        registry.register(Box::new(unlimited_requests.clone()))?;
        let options = HistogramOpts::new("loa_api_request_seconds", "Time until a request was answered, in seconds");
        let seconds = HistogramVec::new(options.buckets(BOUNDS.to_vec()), &["route", "method"])?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self { requests, seconds, forwards, logins, keyed_requests, limited_requests, unlimited_requests })
    }

    /// Notes one answered request of `route`, which is a pattern and never a path.
    pub fn answered(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        let method = method_label(method);
        self.requests.with_label_values(&[route, method, status_class(status)]).inc();
        self.seconds.with_label_values(&[route, method]).observe(took.as_secs_f64());
    }
}

fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500..600 => "5xx",
        _ => "1xx",
    }
}
