//! Names a request and measures it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use shared::domain::clock;
use tracing::Instrument;

use super::request_id::{HEADER, RequestId};
use super::trace;
use crate::state::AppState;

/// The outermost layer: the request's name goes to handlers, logs and the answer; its route, never its
/// path, goes to the metrics.
pub async fn observe(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let place = trace::of_request(request.headers());
    let span = tracing::info_span!("request", request_id = id.as_str(), trace_id = %place.trace, %method, route);
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(place);
    let began = clock::now();

    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, took) = (response.status(), started.elapsed());
    state.metrics.answered(route, &method, status, took);
    if let Some(value) = id.header_value() {
        response.headers_mut().insert(HEADER, value);
    }
    trace::tell(place, began, route, &method, status);
    span.in_scope(|| tracing::debug!(status = status.as_u16(), ms = took.as_millis(), "answered"));
    response
}
