//! A flow that can work: every node of a known type, every field read.

use serde::{Deserialize, Serialize};

mod ask;
mod message;
mod node;
mod text;
mod trigger;

pub use ask::{Ask, AskedAgain, Validation};
pub use message::{MessageTemplate, OfferedButton, OfferedRow, OfferedSection};
pub use node::{
    AiReply, Arm, Branch, Close, Condition, HandOff, HttpRequest, NodeKind, SendMessage, SetAttribute, StartFlow, Wait,
    WaitUntil,
};
pub use text::{Localised, Template};
pub use trigger::{KeywordMatch, TriggerKind};

/// A flow that can work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The language of texts that are written in one alone.
    pub language: String,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// Its nodes, the first of them where it begins.
    pub nodes: Vec<Node>,
    /// What leads from one to another.
    pub edges: Vec<Edge>,
}

/// What starts a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// What it listens to.
    pub kind: TriggerKind,
    /// Of several flows that one event starts, the one of the highest priority does.
    pub priority: i32,
    /// Whether it may end a flow that is under way.
    pub interrupts: bool,
}

/// A step of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What edges and faults call it.
    pub id: String,
    /// What it does.
    pub kind: NodeKind,
    /// Whether who reaches it has done what the flow is for.
    pub goal: bool,
}

/// What leads from a node to the next: indexes of [`Definition::nodes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The node it leaves.
    pub from: usize,
    /// Which of its ways out.
    pub outlet: String,
    /// The node it leads to.
    pub to: usize,
}
