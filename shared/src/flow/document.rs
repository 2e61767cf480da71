//! A flow as its author writes it: checked for its form alone, so that a draft may be unfinished.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::FORMAT;

/// A flow's text: JSON, one object. What its nodes and triggers say is read later, each by its `type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Document {
    /// The version of the language.
    #[serde(default = "newest")]
    pub format: u32,
    /// The language of texts that are written in one alone, and the one taken where a contact's is missing: `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What starts it.
    #[serde(default)]
    pub triggers: Vec<TriggerDocument>,
    /// Its nodes.
    #[serde(default)]
    pub nodes: Vec<NodeDocument>,
    /// What leads from one to another.
    #[serde(default)]
    pub edges: Vec<EdgeDocument>,
    /// Where it begins; the first node where this is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
}

/// What starts a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TriggerDocument {
    /// `keyword`, `contact_created` ...
    #[serde(rename = "type")]
    pub kind: String,
    /// What it needs to know, by its type.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub config: Map<String, Value>,
    /// Of several flows that one event starts, the one of the highest priority does; 0 where this is not said.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// Whether it may end a flow that is under way in the conversation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupts: bool,
}

/// A step of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NodeDocument {
    /// What edges and faults call it; one of its kind in the flow.
    pub id: String,
    /// `send_message`, `ask` ...
    #[serde(rename = "type")]
    pub kind: String,
    /// What its author calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it does, by its type.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub config: Map<String, Value>,
    /// Whether who reaches it has done what the flow is for: counted as converted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goal: bool,
    /// Where it stands on the canvas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// A place on the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// What leads from a node to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EdgeDocument {
    /// The node it leaves.
    pub from: String,
    /// Which of its ways out: `next`, `answered`, the name of a branch or an arm.
    #[serde(default = "next", skip_serializing_if = "is_next")]
    pub outlet: String,
    /// The node it leads to.
    pub to: String,
}

/// The way out of a node that has just one.
pub const NEXT: &str = "next";

const fn newest() -> u32 {
    FORMAT
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(priority: &i32) -> bool {
    *priority == 0
}

fn next() -> String {
    NEXT.to_owned()
}

fn is_next(outlet: &str) -> bool {
    outlet == NEXT
}
