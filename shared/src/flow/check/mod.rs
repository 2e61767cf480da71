//! Everything that is wrong with a flow in its surroundings: what keeps it from working, and what is perhaps not meant.

mod config;
mod edges;
mod http;
mod languages;
mod loops;
mod messages;
mod outside;
mod paths;
mod surroundings;
mod triggers;
mod variables;
mod window;

use super::definition::{NodeKind, TriggerKind};
use super::document::Document;
use super::fault::{Fault, Severity};
use super::plan::{Plan, Ready};
use paths::Paths;
pub use surroundings::{KnownFlow, KnownTemplate, OtherKeyword, Surroundings};

/// Most nodes, edges and triggers of a flow.
const NODES: usize = 500;
const EDGES: usize = 2000;
const TRIGGERS: usize = 50;

/// Everything that is wrong with a flow, in the order of its nodes. What has an error cannot be published.
pub fn check(document: &Document, surroundings: &Surroundings) -> Vec<Fault> {
    let mut found = Found::default();
    document.check_form(&mut found.0);
    size(document, &mut found);
    if found.0.iter().any(|fault| fault.code == "too_large") {
        return found.0;
    }
    let nodes = (0..document.nodes.len()).map(|index| document.read_node(index, &mut found.0)).collect();
    let triggers = (0..document.triggers.len()).map(|index| document.read_trigger(index, &mut found.0)).collect();
    let mut read = Read { document, surroundings, nodes, triggers, paths: Paths::default() };
    read.paths = Paths::of(&read);
    languages::check(&read, &mut found);
    config::check(&read, &mut found);
    http::check(&read, &mut found);
    edges::check(&read, &mut found);
    loops::check(&read, &mut found);
    window::check(&read, &mut found);
    triggers::check(&read, &mut found);
    outside::check(&read, &mut found);
    let (strict, lenient) = (read.plan(Ready::default(), Some(&mut found)), read.plan(Ready::lenient(), None));
    variables::check(&read, &strict, &mut found);
    messages::check(&read, &lenient, &mut found);
    found.in_order(document)
}

fn size(document: &Document, found: &mut Found) {
    for (field, count, most) in [
        ("nodes", document.nodes.len(), NODES),
        ("edges", document.edges.len(), EDGES),
        ("triggers", document.triggers.len(), TRIGGERS),
    ] {
        if count > most {
            found.whole(Severity::Error, field, "too_large", format!("holds {count}, at most {most} may be there"));
        }
    }
}

/// A document with each of its parts that reads.
struct Read<'a> {
    document: &'a Document,
    surroundings: &'a Surroundings,
    /// By their place in the document; none where one does not read.
    nodes: Vec<Option<NodeKind>>,
    triggers: Vec<Option<TriggerKind>>,
    paths: Paths,
}

impl Read<'_> {
    /// Every node that reads: its place, its id and what it does.
    fn nodes(&self) -> impl Iterator<Item = (usize, &str, &NodeKind)> {
        let each = self.nodes.iter().enumerate();
        each.filter_map(|(index, kind)| Some((index, self.document.nodes[index].id.as_str(), kind.as_ref()?)))
    }

    /// Every trigger that reads: its place and what it listens to.
    fn triggers(&self) -> impl Iterator<Item = (usize, &TriggerKind)> {
        self.triggers.iter().enumerate().filter_map(|(index, kind)| Some((index, kind.as_ref()?)))
    }

    /// A plan of what reads, though it may not be all; what does not read is told where it is asked for.
    fn plan(&self, mut ready: Ready, found: Option<&mut Found>) -> Plan {
        self.nodes().for_each(|(index, id, kind)| ready.node(index, id, kind));
        self.triggers().for_each(|(index, kind)| ready.trigger(index, kind));
        if let Some(found) = found {
            found.0.append(&mut ready.faults);
        }
        let nothing = self.document.assemble(Vec::new(), Vec::new());
        ready.plan(self.surroundings.flow_id(), 0, nothing)
    }
}

/// What was found.
#[derive(Default)]
struct Found(Vec<Fault>);

impl Found {
    /// Of the flow as a whole, or of a trigger.
    fn whole(&mut self, severity: Severity, field: impl Into<String>, code: &str, message: impl Into<String>) {
        self.0.push(Fault::new(severity, None, field, code, message));
    }

    /// Of the node at `index`; `field` counts from the node on.
    fn node(
        &mut self,
        severity: Severity,
        (index, id): (usize, &str),
        field: &str,
        code: &str,
        message: impl Into<String>,
    ) {
        let field = if field.is_empty() { format!("nodes[{index}]") } else { format!("nodes[{index}].{field}") };
        self.0.push(Fault::new(severity, Some(id), field, code, message));
    }

    /// Something wrong in a node's own fields.
    fn config(&mut self, node: (usize, &str), field: &str, message: impl Into<String>) {
        self.node(Severity::Error, node, &format!("config.{field}"), "config", message);
    }

    /// By node, errors in front; each once.
    fn in_order(self, document: &Document) -> Vec<Fault> {
        let mut faults = self.0;
        let place = |fault: &Fault| {
            let id = fault.node_id.as_ref()?;
            document.nodes.iter().position(|node| node.id == *id)
        };
        faults.sort_by_cached_key(|fault| (place(fault), std::cmp::Reverse(fault.severity)));
        let mut seen = std::collections::HashSet::new();
        faults.retain(|fault| seen.insert((fault.field.clone(), fault.code.clone(), fault.message.clone())));
        faults
    }
}

#[cfg(test)]
mod tests;
