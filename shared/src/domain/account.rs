//! A merchant's own identity on a channel.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// Connected.
    Active,
    /// Disconnected; its history is kept.
    Inactive,
    /// The platform refuses it: a token expired, the number is locked.
    Error,
}

impl AccountStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Inactive, Self::Error];

    /// The name used in rows and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for AccountStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An account status's name that is none of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown account status `{0}`")]
pub struct UnknownAccountStatus(pub String);

impl FromStr for AccountStatus {
    type Err = UnknownAccountStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownAccountStatus(text.to_owned()))
    }
}
