//! What is said, by whom, and which way it goes.

use serde::{Deserialize, Serialize};

pub mod card;
mod content;
mod effect;
pub mod file;
pub mod interactive;
pub mod limits;
pub mod media;
pub mod received;
pub mod template;

pub use content::{Content, Location, Said, Saying};
pub use effect::PREVIEW_LENGTH;

use super::named::named;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Direction {
    /// From the contact.
    Inbound,
    /// To the contact.
    Outbound,
}

named!(Direction, "direction", {
    Inbound => "inbound",
    Outbound => "outbound",
});

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Author {
    /// The customer.
    Contact,
    /// A person at the merchant's.
    Agent,
    /// A flow.
    Flow,
    /// The AI responder.
    Ai,
    /// A campaign.
    Campaign,
    /// An integration, through the API.
    Api,
    /// Loa itself, such as the confirmation of an opt-out.
    System,
}

named!(Author, "author", {
    Contact => "contact",
    Agent => "agent",
    Flow => "flow",
    Ai => "ai",
    Campaign => "campaign",
    Api => "api",
    System => "system",
});

impl Author {
    /// Whether no person wrote it: a flow, the AI, a campaign or Loa itself.
    pub const fn is_bot(self) -> bool {
        matches!(self, Self::Flow | Self::Ai | Self::Campaign | Self::System)
    }
}
