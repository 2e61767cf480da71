//! A flow under way in a conversation: one JSON value of bounded size.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::ids::{FlowId, FlowSessionId, MessageId};

/// A flow under way. Kept sealed; what is stored once must read for ever, so a field is only added with a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Which.
    pub id: FlowSessionId,
    /// Where it stands: the flow that was started, and above it the sub-flows it is in.
    pub frames: Vec<Frame>,
    /// What it has learnt: answers, results of calls, what it began with.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// What it waits for.
    pub waiting: Waiting,
    /// The arms that it was put on: split node to arm.
    #[serde(default)]
    pub arms: Vec<Arm>,
    /// How many messages, waits and calls it has had, which numbers the next.
    #[serde(default)]
    pub counters: Counters,
    /// What the customer said last, cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The time in the id of its last message: the next one's is later, so that a history is in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoke_at: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it last moved.
    pub moved_at: DateTime<Utc>,
}

/// A place in a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// The flow.
    pub flow_id: FlowId,
    /// The version it began with, which it finishes on.
    pub version: i32,
    /// The node it stands at.
    pub node_id: String,
}

/// What a session waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Waiting {
    /// The customer's answer.
    Answer {
        /// The question as it was sent last.
        message_id: MessageId,
        /// How often it was asked.
        asked: u32,
        /// The wait that ends it, once the question was sent and where there is a limit.
        timeout: Option<u32>,
    },
    /// A moment.
    Moment {
        /// The wait.
        wait: u32,
    },
    /// A call to come back.
    Call {
        /// The call.
        call: u32,
    },
    /// The AI responder to be done.
    Ai,
    /// Nothing: it is over.
    Over,
}

impl Waiting {
    /// The number of the wait that is to end it.
    pub const fn wait(&self) -> Option<u32> {
        match self {
            Self::Moment { wait } => Some(*wait),
            Self::Answer { timeout, .. } => *timeout,
            Self::Call { .. } | Self::Ai | Self::Over => None,
        }
    }
}

/// An arm that a session was put on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Arm {
    /// The flow of the split.
    pub flow_id: FlowId,
    /// Its version.
    pub version: i32,
    /// The split.
    pub node_id: String,
    /// The arm.
    pub arm: String,
    /// Whether the customer answered since.
    #[serde(default)]
    pub replied: bool,
    /// Whether the customer reached the goal since.
    #[serde(default)]
    pub converted: bool,
}

/// How many of each a session has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Messages.
    pub messages: u32,
    /// Waits.
    pub waits: u32,
    /// Calls.
    pub calls: u32,
    /// Nodes visited.
    #[serde(default)]
    pub visits: u64,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum End {
    /// It came to an end that its author meant.
    Completed,
    /// It gave the conversation to a person, as its author meant.
    HandedOff,
    /// A trigger that interrupts started another.
    Interrupted,
    /// Nobody answered for as long as a session is kept.
    Expired,
    /// It could not go on: the conversation goes to a person, and the author is told.
    Failed(Failure),
    /// Somebody ended it: a person took the conversation, or it was closed.
    Stopped,
}

/// Why a session could not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The flow whose node it was.
    pub flow_id: FlowId,
    /// Its version.
    pub version: i32,
    /// The node.
    pub node_id: String,
    /// What kind: `too_many_nodes`, `text_not_rendered`, `send_failed`, `session_too_large` ...
    pub code: String,
    /// In words, for the author.
    pub reason: String,
}
