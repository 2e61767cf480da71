//! Whether a flow works.

use serde::{Deserialize, Serialize};

use super::named::named;

/// Whether a flow works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum FlowStatus {
    /// It was never published.
    Draft,
    /// Its triggers are listened to.
    Active,
    /// It was published and is switched off: what is under way goes on, nothing begins.
    Inactive,
}

named!(FlowStatus, "flow status", {
    Draft => "draft",
    Active => "active",
    Inactive => "inactive",
});
