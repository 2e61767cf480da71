//! Who logs in, and what each role may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserRole {
    /// Everything within the merchant.
    Owner,
    /// Everything but what concerns the merchant itself.
    Admin,
    /// Talks to customers.
    Agent,
    /// Reads.
    Viewer,
    /// Runs the installation: reads, and sees what belongs to no merchant.
    Operator,
}

impl UserRole {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Agent, Self::Viewer, Self::Operator];

    /// The name used in rows, tokens and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Agent => "agent",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }

    /// Whether the role writes to customers.
    pub const fn may_talk(self) -> bool {
        matches!(self, Self::Owner | Self::Admin | Self::Agent)
    }

    /// Whether the role connects accounts and changes how the merchant is set up.
    pub const fn may_manage(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }

    /// Whether the role sees what belongs to no merchant.
    pub const fn may_operate(self) -> bool {
        matches!(self, Self::Operator)
    }
}

impl fmt::Display for UserRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A role's name that is none of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown role `{0}`, expected one of: owner, admin, agent, viewer, operator")]
pub struct UnknownRole(pub String);

impl FromStr for UserRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
