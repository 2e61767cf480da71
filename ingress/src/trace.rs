//! The trace that an event belongs to (W3C Trace Context).

use http::HeaderMap;
use shared::domain::ids::EventId;

/// The request's own trace where it brings a valid one, else a new one that bears the event's id.
pub(crate) fn traceparent(headers: &HeaderMap, id: EventId) -> String {
    headers
        .get("traceparent")
        .and_then(|value| value.to_str().ok())
        .filter(|text| is_valid(text))
        .map_or_else(|| begin(id), str::to_owned)
}

/// A trace id that equals the event's id, so that one finds the other. A span id is the id's random end.
fn begin(id: EventId) -> String {
    let trace = id.0.as_u128();
    let span = trace & u128::from(u64::MAX);
    format!("00-{trace:032x}-{span:016x}-01")
}

/// `version-trace-parent-flags`, in lower-case hex of fixed lengths; the ids are not all zero, and
/// version `ff` is forbidden.
fn is_valid(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut next = |length| parts.next().filter(|part| is_hex(part, length));
    let (Some(version), Some(trace), Some(parent), Some(_flags)) = (next(2), next(32), next(16), next(2)) else {
        return false;
    };
    let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
    parts.next().is_none() && version != "ff" && !is_zero(trace) && !is_zero(parent)
}

fn is_hex(part: &str, length: usize) -> bool {
    let lower_hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    part.len() == length && part.bytes().all(lower_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn of(header: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", header.parse().unwrap());
        traceparent(&headers, EventId::new())
    }

    #[test]
    fn a_valid_trace_is_carried_on() {
        assert_eq!(of(GIVEN), GIVEN);
    }

    #[test]
    fn anything_else_begins_a_new_one() {
        for header in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            let begun = of(header);
            assert_ne!(begun, header);
            assert!(is_valid(&begun), "{begun}");
        }
    }

    #[test]
    fn a_new_trace_bears_the_events_id() {
        let id = EventId::new();
        let begun = traceparent(&HeaderMap::new(), id);
        assert!(begun.contains(&id.0.simple().to_string()), "{begun}");
    }
}
