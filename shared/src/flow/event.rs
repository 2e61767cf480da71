//! What happens to a flow under way.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::consent::Purpose;
use crate::domain::ids::{CampaignId, FlowId, MessageId};
use crate::domain::message::{Content, Said};

/// What happens to a session. Everything but [`Said`](Self::Said) is kept sealed in `flow_events` until it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every event is the largest of them")]
pub enum Event {
    /// The customer said something.
    Said(Incoming),
    /// A message of the flow was taken by the platform: the time to answer a question begins.
    Sent {
        /// The message.
        message_id: MessageId,
        /// When.
        at: DateTime<Utc>,
    },
    /// A message of the flow will never arrive.
    SendFailed {
        /// The message.
        message_id: MessageId,
        /// The platform's code or the sender's refusal: `131026`, `window_closed`.
        code: String,
        /// In words.
        reason: String,
    },
    /// A wait is over, or the time to answer.
    Due {
        /// The number that [`Effect::Wait`](super::Effect::Wait) gave it.
        wait: u32,
    },
    /// A call of an `http_request` came back, or will not.
    Called {
        /// The number that [`Effect::Call`](super::Effect::Call) gave it.
        call: u32,
        /// What it brought.
        outcome: CallOutcome,
    },
    /// The AI responder is done with its turns.
    AiDone {
        /// Whether a person is wanted.
        wants_person: bool,
    },
}

/// A message of the customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incoming {
    /// Which.
    pub message_id: MessageId,
    /// The platform's id of the message it answers.
    pub reply_to: Option<String>,
    /// The platform's time.
    pub at: DateTime<Utc>,
    /// What it says, and what stands around it.
    pub said: Said,
}

impl Incoming {
    /// What it says.
    pub const fn content(&self) -> &Content {
        &self.said.content
    }
}

/// What a call brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CallOutcome {
    /// An answer, whatever its status.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body: JSON where it is, else a string.
        body: Value,
    },
    /// No answer: refused by the rules on addresses, timed out, too large, cut off.
    Failed {
        /// Why.
        reason: String,
    },
}

/// What may start a flow, besides a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Happening {
    /// The customer's first message ever came in, or the contact was made.
    ContactCreated,
    /// A thread was opened.
    ConversationOpened,
    /// The customer has a tag that they had not.
    TagAdded {
        /// Which.
        tag: String,
    },
    /// An attribute of the customer is another.
    AttributeChanged {
        /// Which.
        name: String,
        /// What it is now; null where it is gone.
        value: Value,
    },
    /// The customer granted a purpose.
    OptIn {
        /// Which.
        purpose: Purpose,
    },
    /// The customer took a purpose back.
    OptOut {
        /// Which.
        purpose: Purpose,
    },
    /// The customer answered a campaign.
    CampaignReplied {
        /// Which, where it is known.
        campaign_id: Option<CampaignId>,
    },
    /// The customer has not answered for a time.
    NoReply {
        /// Which trigger of which flow asked.
        flow_id: FlowId,
    },
    /// A schedule's hour has come.
    Scheduled {
        /// Whose.
        flow_id: FlowId,
    },
    /// The API asked for it.
    Requested {
        /// Which flow.
        flow_id: FlowId,
        /// What it begins with.
        variables: Map<String, Value>,
    },
}
