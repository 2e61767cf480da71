//! What the sender tells of an attempt: a log line and a span, both of the message's trace.

use chrono::{DateTime, Utc};
use shared::domain::channel::Channel;
use shared::domain::trace::TraceParent;
use shared::store::outbox::Claimed;
use shared::telemetry::spans::{self, Kind, Span};

/// Tells how an attempt since `began` went; `code` is the platform's, empty where it gave none.
pub(super) fn tell(claimed: &Claimed, channel: Channel, began: DateTime<Utc>, outcome: &'static str, code: &str) {
    let (message_id, attempt) = (claimed.message_id, claimed.attempt);
    let Some(trace) = claimed.trace else {
        tracing::debug!(message.id = %message_id, attempt, outcome, code, "attempted");
        return;
    };
    tracing::debug!(message.id = %message_id, trace_id = %trace, attempt, outcome, code, "attempted");
    spans::next(TraceParent::root(trace), || Span {
        name: "send message",
        kind: Kind::Client,
        began,
        about: vec![
            ("message.id", message_id.to_string()),
            ("channel", channel.to_string()),
            ("outcome", outcome.to_owned()),
            ("error.code", code.to_owned()),
        ],
        fault: (outcome != "accepted").then_some(outcome),
    });
}
