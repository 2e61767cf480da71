//! Who logs in, and what each role may do.

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

impl UserRole {
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
