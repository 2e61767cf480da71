//! The trace that a request belongs to, and its span.

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode};
use shared::domain::trace::{TraceId, TraceParent};
use shared::telemetry::spans::{self, Kind, Span};

/// The request's place in a trace: below the caller's own where it brings a valid one, else the beginning of another.
pub(super) fn of_request(headers: &HeaderMap) -> TraceParent {
    TraceParent::of_request(headers).unwrap_or_else(|| TraceParent::root(TraceId::new()))
}

/// Tells what became of a request.
pub(super) fn tell(place: TraceParent, began: DateTime<Utc>, route: &str, method: &Method, status: StatusCode) {
    let span = || Span {
        name: "request",
        kind: Kind::Server,
        began,
        about: vec![
            ("http.request.method", method.as_str().to_owned()),
            ("http.route", route.to_owned()),
            ("http.response.status_code", status.as_u16().to_string()),
        ],
        fault: status.is_server_error().then_some("it failed"),
    };
    spans::served(place, span);
}
