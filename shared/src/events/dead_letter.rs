//! What was given up: a message that no worker could handle, with what is known of how it died.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ids::DeadLetterId;

/// A message that was parked, or that the broker itself set aside.
#[derive(Clone, PartialEq)]
pub struct DeadLetter {
    /// Computed from the queue, the message's id and its body: one however often it is read.
    pub id: DeadLetterId,
    /// The queue it died in, and to which it may go back; without an installation's prefix.
    pub queue: String,
    /// The message's own id, where it has one.
    pub message_id: Option<String>,
    /// What went wrong last.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When the oldest event in it was accepted from outside.
    pub received_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub died_at: DateTime<Utc>,
    /// How often a person has put it back into its queue before.
    pub put_backs: u32,
    /// What else came with it.
    pub circumstances: Circumstances,
    /// What the worker could not handle.
    pub body: Bytes,
}

/// What stood in a dead letter's headers, besides what names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Circumstances {
    /// How the body is laid out.
    pub content_type: String,
    /// How many tasks the body carries.
    pub events: u32,
    /// The worker that gave it up; none where the broker did.
    pub worker: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// The broker's own record of the queues it left and why, latest first (`x-death`).
    pub deaths: Vec<Death>,
}

/// One line of the broker's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// The queue it left.
    pub queue: String,
    /// Why: `delivery_limit`, `expired` (a delay that was waited out), `rejected`, `maxlen`.
    pub reason: String,
    /// How often.
    pub count: i64,
    /// When first.
    pub at: Option<DateTime<Utc>>,
}

impl fmt::Debug for DeadLetter {
    /// Leaves the body out: it is a customer's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id)
            .field("queue", &self.queue)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}
