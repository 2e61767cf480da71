//! The thread between a contact and an account.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who answers in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Handler {
    /// Flows, and the AI where no flow claims a message.
    Bot,
    /// The AI alone.
    Ai,
    /// A person: neither flow nor AI speaks.
    Human,
}

impl Handler {
    /// The name used in rows and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Ai => "ai",
            Self::Human => "human",
        }
    }
}

impl fmt::Display for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A handler's name that is none of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown handler `{0}`")]
pub struct UnknownHandler(pub String);

impl FromStr for Handler {
    type Err = UnknownHandler;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Bot, Self::Ai, Self::Human]
            .into_iter()
            .find(|handler| handler.as_str() == text)
            .ok_or_else(|| UnknownHandler(text.to_owned()))
    }
}
