//! What a node does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ask::Ask;
use super::message::MessageTemplate;
use super::text::{Localised, Template};
use crate::domain::business_hours::{Day, TimeOfDay};
use crate::domain::condition;
use crate::domain::consent::Purpose;
use crate::domain::ids::{FlowId, TeamId, UserId};

/// What a node does. In a document: `{"type": ..., "config": {...}}`, which [`parse`](crate::flow::Document::parse)
/// reads. Ways out are named beside each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum NodeKind {
    /// Says something: `next`.
    SendMessage(SendMessage),
    /// Says something and waits for the answer: `answered` or, for a choice, its id where that has an edge;
    /// `failed` when no answer was good enough, `timed_out` when none came.
    Ask(Box<Ask>),
    /// The first branch that holds: its name, else `else`.
    Condition(Condition),
    /// One of several arms by weight, always the same for the same contact: its name.
    AbSplit {
        /// The arms.
        arms: Vec<Arm>,
    },
    /// Waits: `next`.
    Wait(Wait),
    /// Sets an attribute of the customer: `next`.
    SetAttribute(SetAttribute),
    /// Gives the customer a tag: `next`.
    AddTag {
        /// Which.
        tag: Template,
    },
    /// Takes a tag from the customer: `next`.
    RemoveTag {
        /// Which.
        tag: Template,
    },
    /// Records that the customer grants a purpose: `next`.
    OptIn {
        /// Which.
        purpose: Purpose,
    },
    /// Records that the customer takes a purpose back: `next`.
    OptOut {
        /// Which.
        purpose: Purpose,
    },
    /// Calls an endpoint of the merchant: `ok` for a status of 200 to 299, else `failed`.
    HttpRequest(HttpRequest),
    /// Hands the turn to an AI agent: `next` when it is done, `handoff` when a person is wanted or no agent is there.
    AiReply(AiReply),
    /// Hands the conversation to a person, and ends.
    Handoff(HandOff),
    /// Closes the conversation, and ends.
    Close(Close),
    /// Goes through another flow, then `next`.
    StartFlow(StartFlow),
    /// Goes on at another node.
    Jump {
        /// Its id.
        to: String,
    },
    /// Ends; in a sub-flow, goes back to the flow that started it.
    End {},
}

/// Says something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SendMessage {
    /// What.
    pub message: MessageTemplate,
    /// Seconds before it goes out.
    #[serde(default)]
    pub delay: u32,
}

/// The first branch that holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The branches, in their order.
    pub branches: Vec<Branch>,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// Its way out.
    pub name: String,
    /// When it is taken.
    pub when: condition::Condition,
}

/// An arm of a split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Its way out.
    pub name: String,
    /// Its share of the sum of all weights.
    pub weight: u32,
}

/// Waits for a time or until one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Wait {
    /// Seconds; this or `until`.
    #[serde(default)]
    pub duration: Option<u64>,
    /// A moment.
    #[serde(default)]
    pub until: Option<WaitUntil>,
}

/// The next time that the customer's clock shows this; the account's clock where theirs is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WaitUntil {
    /// The time of day.
    pub time: TimeOfDay,
    /// On one of these days; any where none is named.
    #[serde(default)]
    pub days: Vec<Day>,
}

/// Sets an attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAttribute {
    /// Which.
    pub name: String,
    /// To what: texts in it may have places; null removes it.
    pub value: Value,
}

/// Calls an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HttpRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    #[serde(default = "get")]
    pub method: String,
    /// Where to.
    pub url: Template,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// The body: JSON whose texts may have places.
    #[serde(default)]
    pub body: Option<Value>,
    /// Seconds until `failed`: 1 to 30.
    #[serde(default = "ten_seconds")]
    pub timeout: u32,
    /// Variables by the JSON pointer of what fills them: `{"status": "/order/status"}`.
    #[serde(default)]
    pub save: BTreeMap<String, String>,
}

fn get() -> String {
    "GET".to_owned()
}

const fn ten_seconds() -> u32 {
    10
}

/// Hands the turn to an AI agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AiReply {
    /// What the agent is told besides its own prompt.
    #[serde(default)]
    pub instructions: Option<Template>,
}

/// Hands the conversation to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HandOff {
    /// To a team.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// To a person.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// What they are told.
    #[serde(default)]
    pub note: Option<Template>,
    /// What the customer is told.
    #[serde(default)]
    pub message: Option<Localised>,
}

/// Closes the conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Goes through another flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StartFlow {
    /// Which.
    pub flow_id: FlowId,
}
