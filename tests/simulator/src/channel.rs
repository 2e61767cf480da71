//! The platforms that are stood in for.

use serde::{Deserialize, Serialize};

/// A platform's messaging product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// WhatsApp Cloud API.
    Whatsapp,
    /// Messenger Platform.
    Messenger,
    /// X API v2 direct messages.
    X,
}

impl Channel {
    /// The path that webhooks of this channel are posted to, under the target.
    pub fn webhook_path(self) -> &'static str {
        match self {
            Self::Whatsapp => "/api/v1/whatsapp/webhooks",
            Self::Messenger => "/api/v1/webhooks/facebook",
            Self::X => "/api/v1/mkt-x/webhooks/twitter",
        }
    }
}
