//! From a document to a definition: each node and trigger read by its type, each fault with its field.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use serde_path_to_error::{Path, Segment};

use super::definition::{Definition, Edge, Node, NodeKind, Trigger, TriggerKind};
use super::document::{Document, NodeDocument};
use super::fault::{Fault, Severity};

/// The language of a flow that names none.
pub(super) const DEFAULT_LANGUAGE: &str = "en";

impl Document {
    /// Reads what can be read by itself; what becomes of it in its surroundings is for [`check`](super::check).
    /// Every fault is found, not the first alone.
    pub fn parse(&self) -> Result<Definition, Vec<Fault>> {
        let mut faults = Vec::new();
        let nodes: Vec<Option<NodeKind>> =
            (0..self.nodes.len()).map(|index| self.read_node(index, &mut faults)).collect();
        let triggers: Vec<Option<TriggerKind>> =
            (0..self.triggers.len()).map(|index| self.read_trigger(index, &mut faults)).collect();
        self.check_form(&mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(self.assemble(nodes.into_iter().flatten().collect(), triggers.into_iter().flatten().collect()))
    }

    /// What the node at `index` does; none with a fault.
    pub(super) fn read_node(&self, index: usize, faults: &mut Vec<Fault>) -> Option<NodeKind> {
        let node = self.nodes.get(index)?;
        let mut config = node.config.clone();
        for name in ["message", "answer"] {
            if matches!(node.kind.as_str(), "send_message" | "ask")
                && let Some(tagged) = config.get_mut(name)
                && let Err(problem) = type_first(tagged)
            {
                faults.push(fault(Some(node), format!("nodes[{index}].config.{name}.type"), problem));
                return None;
            }
        }
        read(&node.kind, &config, &format!("nodes[{index}]"), Some(node), faults)
    }

    /// What the trigger at `index` listens to; none with a fault.
    pub(super) fn read_trigger(&self, index: usize, faults: &mut Vec<Fault>) -> Option<TriggerKind> {
        let trigger = self.triggers.get(index)?;
        read(&trigger.kind, &trigger.config, &format!("triggers[{index}]"), None, faults)
    }

    /// Ids that name one node each, edges and a beginning that lead to nodes.
    pub(super) fn check_form(&self, faults: &mut Vec<Fault>) {
        if self.nodes.is_empty() {
            faults.push(coded("no_nodes", None, "nodes".to_owned(), "a flow has at least one node"));
        }
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let field = format!("nodes[{index}].id");
            if node.id.is_empty() || node.id.chars().count() > 64 {
                faults.push(coded("id", Some(node), field, "must be 1 to 64 characters long"));
            } else if let Some(before) = first.get(node.id.as_str()) {
                let message = format!("`{}` is the id of nodes[{before}] too", node.id);
                faults.push(coded("duplicate_id", Some(node), field, message));
            } else {
                first.insert(&node.id, index);
            }
        }
        let known = |id: &str| first.contains_key(id);
        let unknown = |id: &str| format!("there is no node `{id}`");
        for (index, edge) in self.edges.iter().enumerate() {
            let from = self.nodes.iter().find(|node| node.id == edge.from);
            if from.is_none() {
                faults.push(coded("unknown_node", None, format!("edges[{index}].from"), unknown(&edge.from)));
            }
            if !known(&edge.to) {
                faults.push(coded("unknown_node", from, format!("edges[{index}].to"), unknown(&edge.to)));
            }
            let earlier = &self.edges[..index];
            if earlier.iter().any(|other| other.from == edge.from && other.outlet == edge.outlet) {
                let message = format!("`{}` has an edge from its way out `{}` already", edge.from, edge.outlet);
                faults.push(coded("duplicate_edge", from, format!("edges[{index}].outlet"), message));
            }
        }
        if let Some(start) = self.start.as_deref().filter(|start| !known(start)) {
            faults.push(coded("unknown_node", None, "start".to_owned(), unknown(start)));
        }
    }

    /// The definition of a document without faults: its start in front.
    pub(super) fn assemble(&self, nodes: Vec<NodeKind>, triggers: Vec<TriggerKind>) -> Definition {
        let read = self.nodes.iter().zip(nodes);
        let mut nodes: Vec<Node> =
            read.map(|(node, kind)| Node { id: node.id.clone(), kind, goal: node.goal }).collect();
        if let Some(start) = self.start.as_ref().and_then(|start| nodes.iter().position(|node| node.id == *start)) {
            nodes[..=start].rotate_right(1);
        }
        let index: HashMap<&str, usize> =
            nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
        let edges = self.edges.iter().filter_map(|edge| {
            let (from, to) = (*index.get(edge.from.as_str())?, *index.get(edge.to.as_str())?);
            Some(Edge { from, outlet: edge.outlet.clone(), to })
        });
        let edges = edges.collect();
        let triggers = self.triggers.iter().zip(triggers).map(|(trigger, kind)| Trigger {
            kind,
            priority: trigger.priority,
            interrupts: trigger.interrupts,
        });
        Definition { language: self.language().to_owned(), triggers: triggers.collect(), nodes, edges }
    }

    /// The language of texts that are written in one alone.
    pub fn language(&self) -> &str {
        self.language.as_deref().unwrap_or(DEFAULT_LANGUAGE)
    }
}

/// Reads `config` as the variant `kind`.
fn read<T: DeserializeOwned>(
    kind: &str,
    config: &Map<String, Value>,
    at: &str,
    node: Option<&NodeDocument>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    match serde_path_to_error::deserialize(json!({ kind: config })) {
        Ok(read) => Some(read),
        Err(error) => {
            let problem = error.inner().to_string();
            let below = field_of(error.path());
            let of_message = problem.starts_with("unknown variant");
            let field = match (below.as_str(), of_message) {
                ("", true) => format!("{at}.type"),
                ("message" | "answer", true) => format!("{at}.config.{below}.type"),
                ("", false) => format!("{at}.config"),
                _ => format!("{at}.config.{below}"),
            };
            faults.push(fault(node, field, problem));
            None
        }
    }
}

/// `{"type": "text", ...}` as `{"text": {...}}`, which reads without losing the place of a fault.
fn type_first(tagged: &mut Value) -> Result<(), String> {
    let Value::Object(fields) = tagged else {
        return Ok(());
    };
    let Some(kind) = fields.remove("type") else {
        return Err("missing field `type`".to_owned());
    };
    let Value::String(kind) = kind else {
        return Err(format!("must be a text, is {kind}"));
    };
    let rest = Value::Object(std::mem::take(fields));
    fields.insert(kind, rest);
    Ok(())
}

/// The path of a fault; the names of variants are no fields.
pub(super) fn field_of(path: &Path) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("[{index}]"),
        Segment::Map { key } => format!(".{key}"),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    };
    let field: String = path.iter().map(segment).collect();
    field.trim_start_matches('.').to_owned()
}

fn fault(node: Option<&NodeDocument>, field: String, message: String) -> Fault {
    coded("config", node, field, message)
}

fn coded(code: &str, node: Option<&NodeDocument>, field: String, message: impl Into<String>) -> Fault {
    Fault::new(Severity::Error, node.map(|node| node.id.as_str()), field, code, message)
}

#[cfg(test)]
mod tests;
