//! A message that a platform took, and the news of it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::channel::Channel;
use crate::people::Person;
use crate::templates::Category;

/// A valid request to send.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) channel: Channel,
    /// Phone number id, page id or X user id.
    pub(crate) account: String,
    pub(crate) customer: Customer,
    /// The customer's address as the request wrote it.
    pub(crate) input: String,
    /// The words of a text; empty for anything else.
    pub(crate) text: String,
    /// The sender's own name for it, which the platform hands back.
    pub(crate) reference: Option<String>,
    pub(crate) nature: Nature,
    /// The code that it fails with after it was taken.
    pub(crate) failure: Option<i64>,
}

/// What decides how a message is let through, priced and told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Free words, files, things to tap.
    Free,
    /// A voice message, which can be played.
    Voice,
    /// A template; the category of one that the simulator knows.
    Template { category: Option<Category> },
    /// A marketing template by the API made for them.
    MarketingTemplate,
}

impl Nature {
    /// Whether it is a template, which goes to customers who have not written.
    pub(crate) fn is_template(self) -> bool {
        matches!(self, Self::Template { .. } | Self::MarketingTemplate)
    }

    /// Whether it is marketing.
    pub(crate) fn is_marketing(self) -> bool {
        matches!(self, Self::Template { category: Some(Category::Marketing) } | Self::MarketingTemplate)
    }
}

/// Whom a message goes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Customer {
    /// A phone number, digits only.
    Phone(String),
    /// A business-scoped id of WhatsApp, a page-scoped id, or an X user id.
    UserId(String),
}

impl Customer {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Phone(id) | Self::UserId(id) => id,
        }
    }
}

/// A message that was accepted.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) message: Message,
    pub(crate) platform_id: String,
    pub(crate) at: DateTime<Utc>,
    /// The customer, as the platform knew that one then.
    pub(crate) person: Person,
    /// How it is held back for its template's quality, where it is.
    pub(crate) held: Option<Held>,
}

/// How a message is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) lasts: Duration,
    /// Whether it goes then; else it fails.
    pub(crate) is_released: bool,
}

/// What became of a message that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Sent,
    Delivered,
    Read,
    /// A voice message was listened to.
    Played,
    /// It did not go, for the reason with this code.
    Failed(i64),
}

/// One thing that happened to a message.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) sent: Arc<Sent>,
    pub(crate) stage: Stage,
    pub(crate) at: DateTime<Utc>,
}
