//! What every channel's adapter takes and gives.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::identity::Identity;
use crate::domain::ids::MessageId;
use crate::domain::message::received::Surroundings;
use crate::domain::message::{Content, Direction};
use crate::domain::person::Succession;
use crate::domain::platform_news::AccountNews;
use crate::domain::status::MessageStatus;
use crate::domain::window::Window;

/// Everything that one raw event says. One webhook may speak of several accounts and hold messages
/// and statuses mixed; nothing in it is skipped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// Messages, in the order of the body.
    pub messages: Vec<NewMessage>,
    /// News of messages that were sent.
    pub statuses: Vec<StatusUpdate>,
    /// News of accounts, and whatever else the platform said that has no type here.
    pub account: Vec<AccountUpdate>,
}

impl Parsed {
    /// Whether the event said nothing that Loa could read.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.statuses.is_empty() && self.account.is_empty()
    }
}

/// A message that a webhook told of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// The platform's id of the account: phone number id, page id, X user id.
    pub account: String,
    /// The platform's id of the message: wamid, mid, event id.
    pub platform_id: String,
    /// When it was written, by the platform's clock.
    pub sent_at: DateTime<Utc>,
    /// Outbound for an echo: the business answered with another tool.
    pub direction: Direction,
    /// Every address of the customer that the event gives; at least one.
    pub identities: Vec<Identity>,
    /// The name that the customer shows.
    pub display_name: Option<String>,
    /// The user name that the customer shows.
    pub username: Option<String>,
    /// What it says.
    pub content: Content,
    /// The platform's id of the message it answers.
    pub reply_to: Option<String>,
    /// What stands around it: how it was passed on, what led the customer here.
    pub surroundings: Surroundings,
    /// The change of the customer's addresses that it tells of.
    pub succession: Option<Succession>,
    /// For an echo of one of our own sends: which.
    pub outbound_ref: Option<OutboundRef>,
}

/// News of a message that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusUpdate {
    /// The platform's id of the account.
    pub account: String,
    /// What the news is about.
    pub target: StatusTarget,
    /// The status reached.
    pub status: MessageStatus,
    /// When, by the platform's clock.
    pub at: DateTime<Utc>,
    /// Why it failed; some platforms give reasons beside other statuses too.
    pub error: Option<PlatformError>,
    /// Whatever else was wrong, where the platform gives several reasons.
    pub more_errors: Vec<PlatformError>,
    /// The platform's pricing object, as it came; what it says of its conversation (the end of a free
    /// entry point) under `conversation`.
    pub pricing: Option<Value>,
    /// The addresses of the customer that the status names.
    pub recipient: Vec<Identity>,
}

/// What a status speaks of.
#[derive(Clone, Debug, PartialEq)]
pub enum StatusTarget {
    /// One message.
    Message {
        /// The platform's id of it.
        platform_id: String,
        /// Our own name for it, where the platform hands it back.
        outbound_ref: Option<OutboundRef>,
    },
    /// Everything sent to a customer up to a moment (Messenger's watermarks).
    UpTo {
        /// The customer.
        contact: Identity,
        /// The moment; included.
        watermark: DateTime<Utc>,
    },
}

/// News of an account, kept as the platform said it, and understood where Loa can.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountUpdate {
    /// The platform's id of what it is about: a WABA id, phone number id, page id, X user id.
    pub subject: String,
    /// The platform's name of the kind of news.
    pub field: String,
    /// The platform's own object.
    pub value: Value,
    /// When the platform told it; none where it does not say.
    pub at: Option<DateTime<Utc>>,
    /// What it means; none where it does not read, and of fields without a type.
    pub news: Option<AccountNews>,
}

/// Our name for one attempt at sending a message. It travels through the platform and comes back in
/// statuses, which settles sends whose answer was lost. Written `loa:<message id>:<attempt>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OutboundRef {
    /// The message.
    pub message_id: MessageId,
    /// Which attempt, from one.
    pub attempt: u32,
}

impl fmt::Display for OutboundRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "loa:{}:{}", self.message_id, self.attempt)
    }
}

/// The field holds something that another tool wrote.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reference of ours")]
pub struct ForeignRef;

impl FromStr for OutboundRef {
    type Err = ForeignRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, attempt) = text.strip_prefix("loa:").and_then(|rest| rest.split_once(':')).ok_or(ForeignRef)?;
        Ok(Self {
            message_id: MessageId(Uuid::parse_str(id).map_err(|_| ForeignRef)?),
            attempt: attempt.parse().map_err(|_| ForeignRef)?,
        })
    }
}

/// A message to send, with all that a platform needs to know of it.
#[derive(Clone, Debug)]
pub struct OutboundMessage<'a> {
    /// Goes into whatever field the platform echoes.
    pub outbound_ref: OutboundRef,
    /// The customer's addresses on this account; at least one.
    pub to: &'a [Identity],
    /// What it says; checked against the channel's limits before.
    pub content: &'a Content,
    /// What the customer-service window allows.
    pub window: Window,
    /// The platform's id of the message it answers.
    pub reply_to: Option<&'a str>,
}

/// What became of a send.
#[derive(Clone, Debug, PartialEq)]
pub enum SendOutcome {
    /// The platform took it.
    Accepted {
        /// The platform's id of it.
        platform_id: String,
        /// [`MessageStatus::Sent`], or [`MessageStatus::Held`] where the platform judges it first.
        status: MessageStatus,
    },
    /// The platform answered and did not take it.
    Refused(PlatformError),
    /// Not a byte went out: it may be tried again without fear.
    Unsent {
        /// What went wrong.
        reason: String,
    },
    /// The platform may or may not have it: a timeout, a dropped connection, 502, 504, a page of
    /// HTML. It is never sent again blindly.
    InDoubt {
        /// What went wrong.
        reason: String,
    },
}

/// An error in the platform's own words, and what it asks of us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformError {
    /// The platform's code; decides alone, together with the subcode.
    pub code: i64,
    /// A finer code, where the platform has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subcode: Option<i64>,
    /// The platform's title or message.
    pub title: String,
    /// The platform's details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// What to do.
    pub remedy: Remedy,
}

/// What an error asks for. The code decides, never the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Remedy {
    /// Try this message again, this many times at most, soon.
    Retry {
        /// How often.
        times: u32,
    },
    /// Wait, then try again; meanwhile nothing goes to or from what `scope` names.
    BackOff {
        /// Who waits.
        scope: Scope,
        /// The least wait, in seconds; it grows with every try.
        seconds: u32,
    },
    /// This message will never go.
    Never,
    /// This message will never go, and nothing else will until someone has looked.
    Pause {
        /// Who is paused.
        scope: Scope,
    },
    /// This message will never go, and the customer gets no more marketing.
    SuppressMarketing,
    /// This message will never go; the customer may be out of reach for good. Believed when it
    /// repeats on different days.
    Undeliverable,
    /// Per-customer marketing limit: again after a day at the earliest, a few times.
    RetryAfterADay,
}

/// Who an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Messages to this customer.
    Recipient,
    /// Everything that the account (number, page, user) sends.
    Number,
    /// Everything under the same business account (WABA).
    BusinessAccount,
    /// Everything that our app sends.
    App,
    /// The campaign the message belongs to.
    Campaign,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back() {
        let sent = OutboundRef { message_id: MessageId::new(), attempt: 3 };
        assert_eq!(sent.to_string().parse(), Ok(sent));
    }

    #[test]
    fn another_tools_field_is_not_ours() {
        for text in ["", "order-12", "loa:", "loa:1:1", "loa:018f0000-0000-7000-8000-000000000000:x"] {
            assert_eq!(text.parse::<OutboundRef>(), Err(ForeignRef), "{text}");
        }
    }
}
