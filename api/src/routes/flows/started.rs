//! The flows that a flow goes through.

use shared::domain::ids::FlowId;
use shared::flow::Document;

/// The type of the nodes that start others.
const NODE: &str = "start_flow";

/// The flows that a document starts.
pub(super) fn starts(document: &Document) -> Vec<FlowId> {
    let nodes = document.nodes.iter().filter(|node| node.kind == NODE);
    nodes.filter_map(|node| node.config.get("flowId")?.as_str()?.parse().ok()).collect()
}
