//! What a step wants done: data, written by the worker in the transaction of the step.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::session::End;
use crate::domain::consent::Purpose;
use crate::domain::ids::{FlowId, MessageId, TeamId, TemplateId, UserId};
use crate::domain::message::Content;

/// What a step wants done, in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Effect {
    /// A message goes to the customer. Its id is made from the session and a counter, so that a step that is done
    /// again makes the same.
    Send {
        /// The message.
        message_id: MessageId,
        /// The node that says it.
        node_id: String,
        /// What it says.
        content: Outgoing,
        /// Whether an answer is waited for: the session wants [`Sent`](super::Event::Sent).
        asks: bool,
        /// Not before this moment: a delay in front of the message.
        not_before: Option<DateTime<Utc>>,
    },
    /// The session is to be told when it is `due`.
    Wait {
        /// Its number in the session.
        wait: u32,
        /// When.
        due: DateTime<Utc>,
    },
    /// A wait is not needed any more.
    Forget {
        /// Its number in the session.
        wait: u32,
    },
    /// A call to a merchant's endpoint is to be made.
    Call {
        /// Its number in the session.
        call: u32,
        /// The node that asks for it.
        node_id: String,
        /// The call.
        request: Request,
    },
    /// An attribute of the customer is set; null removes it.
    SetAttribute {
        /// Which.
        name: String,
        /// To what.
        value: Value,
    },
    /// The customer gets a tag.
    AddTag {
        /// Which.
        tag: String,
    },
    /// The customer loses a tag.
    RemoveTag {
        /// Which.
        tag: String,
    },
    /// The customer grants a purpose or takes it back.
    Consent {
        /// Which.
        purpose: Purpose,
        /// Whether granted.
        granted: bool,
        /// The message that said so, where one did.
        message_id: Option<MessageId>,
    },
    /// The AI responder has the next turns.
    AskAi {
        /// What it is told besides.
        instructions: Option<String>,
    },
    /// A person has the conversation.
    HandOff {
        /// To a team.
        team_id: Option<TeamId>,
        /// To a person.
        user_id: Option<UserId>,
        /// What they are told.
        note: Option<String>,
    },
    /// The conversation is closed.
    Close {
        /// Why.
        reason: Option<String>,
    },
    /// A node was passed: counted per node and, for an A/B split, per arm.
    Passed {
        /// The flow it belongs to: a sub-flow's nodes are counted there.
        flow_id: FlowId,
        /// The flow's version.
        version: i32,
        /// The node.
        node_id: String,
        /// What was counted.
        passage: Passage,
    },
    /// The session is over.
    Ended(End),
}

/// What is counted of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "passage", rename_all = "snake_case")]
pub enum Passage {
    /// It was entered.
    Entered,
    /// It was left by one of its ways out; an arm of an A/B split is one.
    Left {
        /// Which.
        outlet: String,
    },
    /// The customer answered after having been put on this arm of this split: once a session.
    Replied {
        /// The arm.
        arm: String,
    },
    /// The customer reached the goal after having been put on this arm: once a session.
    Converted {
        /// The arm.
        arm: String,
    },
    /// The session that was put on this arm came to its end as its author meant.
    Completed {
        /// The arm.
        arm: String,
    },
}

/// What a message of a flow says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Outgoing {
    /// It is all there.
    Content(Box<Content>),
    /// A template by its own id: the worker knows its name, language and places.
    TemplateById {
        /// Which.
        template_id: TemplateId,
        /// What fills its places, by their names.
        variables: Map<String, Value>,
    },
}

/// A call to a merchant's endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Where to; `https`, unless the installation allows otherwise.
    pub url: String,
    /// Headers, by their names.
    pub headers: Vec<(String, String)>,
    /// The body, as JSON.
    pub body: Option<Value>,
    /// How long an answer is waited for, in seconds.
    pub timeout_seconds: u32,
}
