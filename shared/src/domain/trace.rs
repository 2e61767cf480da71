//! The trace that a webhook or a request begins: one id in every log line and span up to the reply (W3C Trace Context).

use std::fmt;
use std::str::FromStr;

use http::HeaderMap;
use uuid::Uuid;

use super::ids::EventId;

/// A trace: 16 bytes, not all zero. Written as 32 lower-case hex digits, in logs as `trace_id`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(Uuid);

impl TraceId {
    /// A new one.
    #[expect(clippy::new_without_default, reason = "a default identifier means nothing")]
    pub fn new() -> Self {
        EventId::new().into()
    }

    /// As PostgreSQL keeps it.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// As PostgreSQL kept it; none where it is zero, which is no trace.
    pub fn from_uuid(id: Uuid) -> Option<Self> {
        (!id.is_nil()).then_some(Self(id))
    }
}

/// A trace that bears an event's id, so that one finds the other.
impl From<EventId> for TraceId {
    fn from(id: EventId) -> Self {
        Self(id.0)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_simple().fmt(f)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

/// A place in a trace, as the header `traceparent` tells it: `version-trace-parent-flags`.
///
/// Source: <https://www.w3.org/TR/trace-context/#traceparent-header>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace: TraceId,
    /// The span that caused what comes next; not zero.
    pub span: u64,
    /// Whether whoever began it wants it kept.
    pub sampled: bool,
}

impl TraceParent {
    /// The beginning of a trace. Its first span is named by the id's random end, so that whoever knows the trace alone
    /// knows it too.
    pub fn root(trace: TraceId) -> Self {
        let (_, end) = trace.0.as_u64_pair();
        Self { trace, span: end.max(1), sampled: true }
    }

    /// The place that the header `traceparent` of a request tells, where it is there and reads.
    pub fn of_request(headers: &HeaderMap) -> Option<Self> {
        headers.get("traceparent")?.to_str().ok()?.parse().ok()
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

/// A text that is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected version-trace-parent-flags in lower-case hex, as in 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
)]
pub struct NoTraceParent;

impl FromStr for TraceParent {
    type Err = NoTraceParent;

    /// Lower-case hex of fixed lengths; the ids are not all zero, and version `ff` is forbidden. A version after the
    /// first may say more behind a further dash, which is left alone.
    fn from_str(text: &str) -> Result<Self, NoTraceParent> {
        let mut parts = text.splitn(5, '-');
        let mut next = |length| parts.next().filter(|part| is_hex(part, length)).ok_or(NoTraceParent);
        let (version, trace, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        if version == "ff" || (version == "00" && parts.next().is_some()) {
            return Err(NoTraceParent);
        }
        let trace = Uuid::try_parse(trace).ok().and_then(TraceId::from_uuid).ok_or(NoTraceParent)?;
        let span = u64::from_str_radix(span, 16).map_err(|_| NoTraceParent)?;
        let flags = u8::from_str_radix(flags, 16).map_err(|_| NoTraceParent)?;
        if span == 0 {
            return Err(NoTraceParent);
        }
        Ok(Self { trace, span, sampled: flags & 1 == 1 })
    }
}

fn is_hex(part: &str, length: usize) -> bool {
    part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_written_reads_the_same() {
        let parent: TraceParent = GIVEN.parse().unwrap();
        assert_eq!(parent.to_string(), GIVEN);
        assert!(parent.sampled);
        let root = TraceParent::root(TraceId::new());
        assert_eq!(root.to_string().parse(), Ok(root));
    }

    #[test]
    fn anything_else_is_no_place_in_a_trace() {
        for text in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            assert_eq!(text.parse::<TraceParent>(), Err(NoTraceParent), "{text}");
        }
    }

    #[test]
    fn a_later_version_may_say_more() {
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more-and-more";
        assert!(!later.parse::<TraceParent>().unwrap().sampled);
    }

    #[test]
    fn a_trace_that_an_event_begins_bears_its_id() {
        let id = EventId::new();
        let begun = TraceParent::root(id.into()).to_string();
        assert!(begun.contains(&id.0.simple().to_string()), "{begun}");
    }
}
