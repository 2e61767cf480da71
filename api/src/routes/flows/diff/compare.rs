//! What differs between two documents: nodes by their ids, and of each the fields.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use shared::flow::Document;
use shared::flow::document::{EdgeDocument, NodeDocument, TriggerDocument};
use utoipa::ToSchema;

/// What differs between two versions of a flow.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowDiff)]
pub(super) struct DiffView {
    /// `draft`, or the number of a version.
    from: String,
    /// The same of the other.
    to: String,
    nodes: NodesDiff,
    edges: EdgesDiff,
    triggers: TriggersDiff,
    /// What differs besides: `language`, `start`, `format`.
    document: Vec<FieldDiff>,
}

/// Nodes, by their ids.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowNodesDiff)]
struct NodesDiff {
    added: Vec<NodeDocument>,
    removed: Vec<NodeDocument>,
    changed: Vec<NodeDiff>,
}

/// A node that is in both and says something else.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowNodeDiff)]
struct NodeDiff {
    id: String,
    fields: Vec<FieldDiff>,
}

/// A field that says something else.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowFieldDiff)]
struct FieldDiff {
    /// As a path: `config.message.body`.
    field: String,
    /// What it said; null where it was not there.
    from: Value,
    /// What it says; null where it is not there.
    to: Value,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowEdgesDiff)]
struct EdgesDiff {
    added: Vec<EdgeDocument>,
    removed: Vec<EdgeDocument>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowTriggersDiff)]
struct TriggersDiff {
    added: Vec<TriggerDocument>,
    removed: Vec<TriggerDocument>,
}

impl DiffView {
    /// What makes `to` of `from`, each with what it is called.
    pub(super) fn of((from, old): (String, Document), (to, new): (String, Document)) -> Self {
        let besides = |document: &Document| json!({ "format": document.format, "language": document.language, "start": document.start });
        Self {
            from,
            to,
            nodes: NodesDiff::of(&old.nodes, &new.nodes),
            edges: EdgesDiff {
                added: besides_these(&new.edges, &old.edges),
                removed: besides_these(&old.edges, &new.edges),
            },
            triggers: TriggersDiff {
                added: besides_these(&new.triggers, &old.triggers),
                removed: besides_these(&old.triggers, &new.triggers),
            },
            document: fields(&besides(&old), &besides(&new)),
        }
    }
}

impl NodesDiff {
    fn of(old: &[NodeDocument], new: &[NodeDocument]) -> Self {
        let by_id = |nodes: &[NodeDocument]| -> BTreeMap<String, NodeDocument> {
            nodes.iter().map(|node| (node.id.clone(), node.clone())).collect()
        };
        let (known, kept) = (by_id(old), by_id(new));
        let changed = new.iter().filter_map(|node| {
            let fields = fields(&json!(known.get(&node.id)?), &json!(node));
            (!fields.is_empty()).then(|| NodeDiff { id: node.id.clone(), fields })
        });
        Self {
            added: new.iter().filter(|node| !known.contains_key(&node.id)).cloned().collect(),
            removed: old.iter().filter(|node| !kept.contains_key(&node.id)).cloned().collect(),
            changed: changed.collect(),
        }
    }
}

/// Those of `these` that are not among `others`.
fn besides_these<T: PartialEq + Clone>(these: &[T], others: &[T]) -> Vec<T> {
    these.iter().filter(|one| !others.contains(one)).cloned().collect()
}

/// The fields in which two values differ; lists count as one where their lengths do.
fn fields(old: &Value, new: &Value) -> Vec<FieldDiff> {
    let mut found = Vec::new();
    compare("", old, new, &mut found);
    found
}

fn compare(at: &str, old: &Value, new: &Value, found: &mut Vec<FieldDiff>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let added = after.keys().filter(|name| !before.contains_key(*name));
            for name in before.keys().chain(added) {
                let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                compare(&at, old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (old, new)) in before.iter().zip(after).enumerate() {
                compare(&format!("{at}[{index}]"), old, new, found);
            }
        }
        _ if old == new => {}
        _ => found.push(FieldDiff { field: at.to_owned(), from: old.clone(), to: new.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(nodes: &Value, edges: &Value) -> Document {
        serde_json::from_value(json!({ "nodes": nodes, "edges": edges })).unwrap()
    }

    #[test]
    fn nodes_are_told_by_their_ids_and_fields_by_their_paths() {
        let old = document(
            &json!([{ "id": "a", "type": "end", "config": { "x": { "y": 1 }, "list": [1, 2] } }, { "id": "b", "type": "end" }]),
            &json!([{ "from": "a", "to": "b" }]),
        );
        let new = document(
            &json!([{ "id": "c", "type": "end" }, { "id": "a", "type": "end", "config": { "x": { "y": 2 }, "list": [1, 3] } }]),
            &json!([{ "from": "a", "to": "c" }]),
        );
        let told = json!(DiffView::of(("1".to_owned(), old.clone()), ("draft".to_owned(), new)));
        assert_eq!(told["nodes"]["added"][0]["id"], "c");
        assert_eq!(told["nodes"]["removed"][0]["id"], "b");
        let expected = json!([{ "id": "a", "fields": [
            { "field": "config.list[1]", "from": 2, "to": 3 },
            { "field": "config.x.y", "from": 1, "to": 2 },
        ] }]);
        assert_eq!(told["nodes"]["changed"], expected);
        assert_eq!(told["edges"]["added"], json!([{ "from": "a", "to": "c" }]));
        let same = json!(DiffView::of(("1".to_owned(), old.clone()), ("1".to_owned(), old)));
        assert_eq!(same["nodes"], json!({ "added": [], "removed": [], "changed": [] }));
        assert_eq!((&same["document"], &same["edges"]["removed"]), (&json!([]), &json!([])));
    }
}
