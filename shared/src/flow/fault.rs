//! What is wrong with a flow, and where.

use serde::{Deserialize, Serialize};

/// One fault of a flow, as its author is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Whether the flow cannot be published with it.
    pub severity: Severity,
    /// The node; none where the fault is the whole flow's or a trigger's.
    pub node_id: Option<String>,
    /// The field, as a path: `nodes[2].config.message.body`, `triggers[0].config.words`, `edges[4].to`.
    pub field: String,
    /// What kind of fault: `unreachable`, `missing_edge`, `loop_without_wait` ...
    pub code: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Fault {
    /// A fault of the node `node_id`, or of the whole.
    pub fn new(
        severity: Severity,
        node_id: Option<&str>,
        field: impl Into<String>,
        code: &str,
        message: impl Into<String>,
    ) -> Self {
        let node_id = node_id.map(str::to_owned);
        Self { severity, node_id, field: field.into(), code: code.to_owned(), message: message.into() }
    }
}

/// `faults` in one line.
pub fn told(faults: &[Fault]) -> String {
    let each = faults.iter().map(|fault| format!("{} {}", fault.field, fault.message));
    each.collect::<Vec<_>>().join("; ")
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The flow works, though perhaps not as meant.
    Warning,
    /// The flow cannot work.
    Error,
}
