//! A merchant's own identity on a channel.

use serde::{Deserialize, Serialize};

use super::named::named;

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum AccountStatus {
    /// Connected.
    Active,
    /// Disconnected; its history is kept.
    Inactive,
    /// The platform refuses it: a token expired, the number is locked.
    Error,
}

named!(AccountStatus, "account status", {
    Active => "active",
    Inactive => "inactive",
    Error => "error",
});
