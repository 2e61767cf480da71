//! What starts a flow.

use serde::{Deserialize, Serialize};

use crate::domain::business_hours::{Day, TimeOfDay, TimeZone};
use crate::domain::condition::Condition;
use crate::domain::consent::Purpose;
use crate::domain::ids::CampaignId;

/// What a trigger listens to. In a document: `{"type": ..., "config": {...}}`, which
/// [`parse`](crate::flow::Document::parse) reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum TriggerKind {
    /// The customer wrote one of these words; case, accents and spaces at the ends do not matter.
    #[serde(rename_all = "camelCase")]
    Keyword {
        /// How the words are held against the message.
        #[serde(default)]
        #[serde(rename = "match")]
        matching: KeywordMatch,
        /// The words, or the patterns.
        words: Vec<String>,
    },
    /// A customer writes for the first time, or is made by the API.
    ContactCreated {},
    /// A conversation is opened by the customer.
    ConversationOpened {},
    /// The customer opened the chat by its start button (Messenger, WhatsApp's first screen).
    GetStarted {},
    /// A button, row or quick reply with one of these payloads was tapped, wherever it stood.
    Payload {
        /// What they bring back.
        payloads: Vec<String>,
    },
    /// The customer came by an advertisement that leads to the chat; by any where none is named.
    #[serde(rename_all = "camelCase")]
    AdReferral {
        /// The platform's ids of advertisements or posts.
        #[serde(default)]
        source_ids: Vec<String>,
    },
    /// The customer got one of these tags; any where none is named.
    TagAdded {
        /// Which.
        #[serde(default)]
        tags: Vec<String>,
    },
    /// This attribute of the customer changed.
    AttributeChanged {
        /// Which.
        attribute: String,
    },
    /// The customer granted a purpose.
    OptIn {
        /// Which; any where none is named.
        #[serde(default)]
        purpose: Option<Purpose>,
    },
    /// The customer took a purpose back.
    OptOut {
        /// Which; any where none is named.
        #[serde(default)]
        purpose: Option<Purpose>,
    },
    /// The customer answered a campaign; any where none is named.
    #[serde(rename_all = "camelCase")]
    CampaignReplied {
        /// Which.
        #[serde(default)]
        campaign_ids: Vec<CampaignId>,
    },
    /// The customer has not answered the last message of the business for so long.
    #[serde(rename_all = "camelCase")]
    NoReply {
        /// Seconds; at least 60.
        after: u64,
    },
    /// On these days at this hour, for every customer the condition holds for.
    #[serde(rename_all = "camelCase")]
    Schedule {
        /// The hour.
        at: TimeOfDay,
        /// The days; all where none is named.
        #[serde(default)]
        days: Vec<Day>,
        /// Whose clock; the account's where none is named.
        #[serde(default)]
        timezone: Option<TimeZone>,
        /// For whom.
        audience: Condition,
    },
    /// Somebody asks for it through the API or the console.
    Api {},
}

/// How words are held against a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeywordMatch {
    /// The message says nothing else.
    #[default]
    Exact,
    /// The message holds it, as whole words.
    Contains,
    /// The message begins with it.
    StartsWith,
    /// The message matches the pattern (linear time; no look-around, no back-references).
    Regex,
}
