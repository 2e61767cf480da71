//! The messaging platforms that Loa speaks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A messaging platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// WhatsApp Business Cloud API.
    WhatsApp,
    /// Facebook Messenger.
    Messenger,
    /// X (Twitter) direct messages.
    X,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::WhatsApp, Self::Messenger, Self::X];

    /// The name used in routing keys, rows and paths.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WhatsApp => "whatsapp",
            Self::Messenger => "messenger",
            Self::X => "x",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A channel's name that is none of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown channel `{0}`, expected one of: whatsapp, messenger, x")]
pub struct UnknownChannel(pub String);

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text).ok_or_else(|| UnknownChannel(text.to_owned()))
    }
}
