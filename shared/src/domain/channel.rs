//! The messaging platforms that Loa speaks.

use serde::{Deserialize, Serialize};

use super::named::named;

/// A messaging platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Channel {
    /// WhatsApp Business Cloud API.
    WhatsApp,
    /// Facebook Messenger.
    Messenger,
    /// X (Twitter) direct messages.
    X,
}

named!(Channel, "channel", {
    WhatsApp => "whatsapp",
    Messenger => "messenger",
    X => "x",
});
