//! What only comes in.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// An error in the platform's words, beside what came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformFault {
    /// The platform's code.
    pub code: i64,
    /// Its title.
    pub title: String,
    /// Its details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
}

/// Something was tapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tap {
    /// What was offered.
    pub of: TapOf,
    /// What we named the choice: an id or a payload; empty where the platform gives none.
    pub id: String,
    /// What the customer read on it.
    pub title: String,
    /// The words below it in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What can be tapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TapOf {
    /// A button under a message.
    Button,
    /// A row of a list.
    List,
    /// A quick reply of a template.
    TemplateButton,
    /// A quick reply of Messenger or X.
    QuickReply,
    /// A button of Messenger that sends a payload, its menu or its first screen.
    Postback,
}

/// A form of the platform's (a WhatsApp Flow), filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowReply {
    /// The form's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the customer sees of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The answers: the JSON that the form gave, or a string with what it gave where that is none.
    pub response: Value,
}

/// A basket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The catalogue.
    pub catalog_id: String,
    /// What the customer wrote with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is in it.
    pub items: Vec<OrderItem>,
}

/// One product of a basket. Figures stand as the platform wrote them, which is sometimes as a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderItem {
    /// The merchant's own id of the product.
    pub product_retailer_id: String,
    /// How many.
    pub quantity: Number,
    /// What one costs.
    pub item_price: Number,
    /// In what currency.
    pub currency: String,
}

/// The platform tells of the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// What happened.
    pub news: SystemNews,
    /// The platform's sentence about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What the platform tells of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SystemNews {
    /// They have another phone number, and with it another business-scoped id.
    NumberChanged,
    /// They have another business-scoped id.
    UserIdChanged,
    /// Their security code is another: a new device, or somebody else.
    IdentityChanged {
        /// The new code's hash.
        hash: Option<String>,
        /// Whether the merchant has acknowledged it.
        acknowledged: Option<bool>,
        /// Since when.
        created_at: Option<DateTime<Utc>>,
    },
    /// Something else.
    Other {
        /// What the platform calls it.
        name: String,
    },
}

/// What stands around a message: where it was forwarded from, what led the customer here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Surroundings {
    /// How it was passed on.
    #[serde(default, skip_serializing_if = "Forwarded::is_not")]
    pub forwarded: Forwarded,
    /// The advertisement or post that led the customer here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    /// The product it asks about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ReferredProduct>,
    /// What the platform says went wrong with it, though it reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<PlatformFault>,
}

impl Surroundings {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether a message was passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Forwarded {
    /// Written by the customer.
    #[default]
    No,
    /// Passed on.
    Once,
    /// Passed on more than five times.
    Often,
}

impl Forwarded {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    const fn is_not(&self) -> bool {
        matches!(self, Self::No)
    }
}

/// The advertisement, post or link that led a customer here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// `ad`, `post`, or the channel's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// The platform's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// Its headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// WhatsApp's id of the click.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
    /// What the link carried: Messenger's `ref`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Its picture or film.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
}

/// A product of the catalogue that a message asks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferredProduct {
    /// The catalogue.
    pub catalog_id: String,
    /// The merchant's own id of the product.
    pub product_retailer_id: String,
}
