//! What a worker tells of an event that it is done with: a log line and a span, both of the event's trace.

use chrono::{DateTime, Utc};
use shared::events::raw::EventHead;
use shared::telemetry::spans::{self, Kind, Span};

/// Tells that the event of `head` was handled: `done` in the log, `name` as a span since `began`.
pub(crate) fn tell(head: &EventHead, began: DateTime<Utc>, name: &'static str, done: &'static str) {
    if !tracing::enabled!(tracing::Level::DEBUG) && !spans::are_told() {
        return;
    }
    let place = head.trace();
    tracing::debug!(event.id = %head.id, trace_id = %place.trace, event.kinds = %head.kinds, "{done}");
    spans::next(place, || Span {
        name,
        kind: Kind::Consumer,
        began,
        about: vec![("event.id", head.id.to_string()), ("channel", head.channel.to_string())],
        fault: None,
    });
}
