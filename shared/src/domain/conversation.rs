//! The thread between a contact and an account.

use serde::{Deserialize, Serialize};

use super::named::named;

/// Who answers in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Handler {
    /// Flows, and the AI where no flow claims a message.
    Bot,
    /// The AI alone.
    Ai,
    /// A person: neither flow nor AI speaks.
    Human,
}

named!(Handler, "handler", {
    Bot => "bot",
    Ai => "ai",
    Human => "human",
});
