//! What a step may know of the world: read before it, in the same transaction that writes its effects.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::domain::business_hours::TimeZone;
use crate::domain::channel::Channel;
use crate::domain::consent::Purpose;
use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId};

/// What a step may know.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The moment of the step.
    pub now: DateTime<Utc>,
    /// Whose flow it is.
    pub merchant_id: MerchantId,
    /// The merchant's place of business, as texts name it.
    pub shop_name: String,
    /// The merchant's side of the conversation.
    pub account: AccountFacts,
    /// The customer.
    pub contact: ContactFacts,
    /// The thread.
    pub conversation: ConversationFacts,
}

/// What a step may know of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFacts {
    /// Which.
    pub id: AccountId,
    /// Where it is.
    pub channel: Channel,
    /// What it calls itself.
    pub name: Option<String>,
    /// Whose clock it goes by.
    pub timezone: TimeZone,
    /// Whether somebody is there now, by its business hours.
    pub open: bool,
    /// Whether a conversation may be handed to a person now: not outside business hours that say so.
    pub hands_off: bool,
    /// Whether an AI agent would take a turn now.
    pub answers_by_ai: bool,
}

/// What a step may know of the customer. Conditions ask the same fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContactFacts {
    /// Which.
    pub id: Option<ContactId>,
    /// What they call themselves.
    pub name: Option<String>,
    /// Their name on the platform.
    pub username: Option<String>,
    /// Their number, without the plus.
    pub phone: Option<String>,
    /// Their e-mail.
    pub email: Option<String>,
    /// Their language, such as `vi` or `en_US`.
    pub locale: Option<String>,
    /// Their own clock, where it is known.
    pub timezone: Option<TimeZone>,
    /// How they came: `inbound_message`, `import` ...
    pub source: Option<String>,
    /// Their tags.
    pub tags: BTreeSet<String>,
    /// What is known of them besides.
    pub attributes: Map<String, Value>,
    /// What they granted and took back; a purpose that is missing was never spoken of.
    pub consents: BTreeMap<Purpose, bool>,
    /// When they were first in touch.
    pub first_interaction_at: Option<DateTime<Utc>>,
    /// When they were last in touch.
    pub last_interaction_at: Option<DateTime<Utc>>,
    /// When the merchant came to know them.
    pub created_at: Option<DateTime<Utc>>,
}

/// What a step may know of the thread.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationFacts {
    /// Which.
    pub id: ConversationId,
    /// When the customer last wrote, which opens the customer-service window.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// What the thread refers to: an order, a technician.
    pub references: BTreeMap<String, String>,
}
