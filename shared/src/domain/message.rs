//! What is said, by whom, and which way it goes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::channel::Channel;
use super::named::named;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

/// What a message says. Stored as sealed JSON, tagged by `type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Plain text.
    Text {
        /// The words.
        body: String,
    },
    /// Something Loa has no type for: kept whole, so that nothing a customer sent is lost.
    Unknown {
        /// What the platform calls it.
        kind: String,
        /// The platform's own object.
        raw: Value,
    },
}

impl Content {
    /// The name of the type, as in rows and answers.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The words, where there are any.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { body } => Some(body),
            Self::Unknown { .. } => None,
        }
    }

    /// Checks the content against what `channel` carries, before anything is queued.
    pub fn check(&self, channel: Channel) -> Result<(), ContentError> {
        match self {
            Self::Text { body } => check_text(body, channel),
            Self::Unknown { .. } => Err(ContentError::NotSendable { kind: self.kind() }),
        }
    }
}

/// The longest text that a channel carries, in characters.
///
/// Sources: WhatsApp, body of a text message; Messenger, Send API text; X, DM text.
pub const fn text_limit(channel: Channel) -> usize {
    match channel {
        Channel::WhatsApp => 4096,
        Channel::Messenger => 2000,
        Channel::X => 10_000,
    }
}

fn check_text(body: &str, channel: Channel) -> Result<(), ContentError> {
    if body.trim().is_empty() {
        return Err(ContentError::Empty);
    }
    let (length, limit) = (body.chars().count(), text_limit(channel));
    if length > limit {
        return Err(ContentError::TooLong { channel, length, limit });
    }
    Ok(())
}

/// Why a content cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// No words.
    #[error("must hold at least one character that is not a space")]
    Empty,
    /// Over the platform's limit.
    #[error("is {length} characters long, {channel} takes at most {limit}")]
    TooLong {
        /// Where it was to go.
        channel: Channel,
        /// How long it is, in characters.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A type that only comes in.
    #[error("a message of type `{kind}` cannot be sent")]
    NotSendable {
        /// The type.
        kind: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> Content {
        Content::Text { body: "ế".repeat(length) }
    }

    #[test]
    fn each_channel_has_its_own_limit_counted_in_characters() {
        for channel in Channel::ALL {
            let limit = text_limit(channel);
            assert_eq!(text(limit).check(channel), Ok(()));
            assert_eq!(
                text(limit + 1).check(channel),
                Err(ContentError::TooLong { channel, length: limit + 1, limit })
            );
        }
    }

    #[test]
    fn spaces_alone_say_nothing() {
        let content = Content::Text { body: " \n ".to_owned() };
        assert_eq!(content.check(Channel::WhatsApp), Err(ContentError::Empty));
    }
}
