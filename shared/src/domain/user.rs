//! Who logs in. What each role may do stands in [`permission`](super::permission).

use serde::{Deserialize, Serialize};

use super::named::named;

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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

named!(UserRole, "role", {
    Owner => "owner",
    Admin => "admin",
    Agent => "agent",
    Viewer => "viewer",
    Operator => "operator",
});
