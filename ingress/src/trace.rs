//! The trace that an event belongs to, and what it tells of the ingress.

use http::HeaderMap;
use shared::domain::ids::EventId;
use shared::domain::trace::TraceParent;
use shared::events::raw::EventHead;
use shared::telemetry::spans::{self, Kind, Span};

/// The request's own place in a trace where it brings a valid one, else the beginning of one that bears the event's id.
pub(crate) fn of_request(headers: &HeaderMap, id: EventId) -> TraceParent {
    TraceParent::of_request(headers).unwrap_or_else(|| TraceParent::root(id.into()))
}

/// Tells what became of the event of `head`.
pub(crate) fn tell(head: &EventHead, is_durable: bool) {
    let is_logged = tracing::enabled!(tracing::Level::DEBUG);
    if !is_logged && !spans::are_told() {
        return;
    }
    let place = head.trace();
    if is_durable {
        let EventHead { id, channel, kinds, app, .. } = head;
        tracing::debug!(event.id = %id, trace_id = %place.trace, %channel, %kinds, app, "event accepted");
    }
    spans::served(place, || Span {
        name: "receive webhook",
        kind: Kind::Server,
        began: head.received_at,
        about: vec![("event.id", head.id.to_string()), ("channel", head.channel.to_string())],
        fault: (!is_durable).then_some("not durable"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn of(header: &'static str, id: EventId) -> TraceParent {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", http::HeaderValue::from_static(header));
        of_request(&headers, id)
    }

    #[test]
    fn a_valid_trace_is_carried_on() {
        assert_eq!(of(GIVEN, EventId::new()).to_string(), GIVEN);
    }

    #[test]
    fn anything_else_begins_a_new_one_that_bears_the_events_id() {
        let id = EventId::new();
        assert_eq!(of_request(&HeaderMap::new(), id).trace, id.into());
        assert_eq!(of("00-nonsense", id).trace, id.into());
    }
}
