//! How a template stands.

use serde::{Deserialize, Serialize};

/// What a template is for, which decides its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Category {
    /// Offers and news.
    Marketing,
    /// About an order, an account or an appointment.
    Utility,
    /// One-time codes.
    Authentication,
}

impl Category {
    /// As a status's price names it.
    pub(crate) fn priced_as(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
        }
    }
}

/// What the platform lets be done with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It is looked at.
    Pending,
    /// It can be sent.
    Approved,
    /// It cannot be sent.
    Rejected,
    /// It cannot be sent for a time.
    Paused,
    /// It can never be sent again.
    Disabled,
    /// The business has objected to a decision.
    InAppeal,
    /// It is about to be deleted.
    PendingDeletion,
    /// It was put away.
    Archived,
}

/// What customers make of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Quality {
    /// Nothing is known yet.
    Unknown,
    /// Good.
    Green,
    /// Middling.
    Yellow,
    /// Bad.
    Red,
}
