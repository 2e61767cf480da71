//! Where a flow leads: its nodes as a graph.

use std::collections::HashMap;

use super::Read;
use crate::flow::definition::NodeKind;

/// A flow as a graph; nodes by their place in the document.
#[derive(Debug, Default)]
pub(super) struct Paths {
    /// Where it begins.
    pub(super) start: Option<usize>,
    /// What follows a node: by which way out, and where to. A jump has one without a name.
    pub(super) next: Vec<Vec<(String, usize)>>,
    /// Whether it can be reached.
    pub(super) reached: Vec<bool>,
}

impl Paths {
    pub(super) fn of(read: &Read<'_>) -> Self {
        let document = read.document;
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (index, node) in document.nodes.iter().enumerate() {
            places.entry(&node.id).or_insert(index);
        }
        let mut next = vec![Vec::new(); document.nodes.len()];
        for edge in &document.edges {
            let (from, to) = (places.get(edge.from.as_str()), places.get(edge.to.as_str()));
            // By a way out that the node does not have nothing ever leaves.
            let leaves = |from: usize| read.nodes[from].as_ref().is_none_or(|kind| kind.outlets().has(&edge.outlet));
            if let (Some(from), Some(to)) = (from.filter(|from| leaves(**from)), to) {
                next[*from].push((edge.outlet.clone(), *to));
            }
        }
        for (index, _, kind) in read.nodes() {
            if let NodeKind::Jump { to } = kind
                && let Some(to) = places.get(to.as_str())
            {
                next[index].push((String::new(), *to));
            }
        }
        let named = document.start.as_deref().map(|start| places.get(start).copied());
        let start = named.unwrap_or_else(|| (!document.nodes.is_empty()).then_some(0));
        let mut paths = Self { start, next, reached: Vec::new() };
        paths.reached = paths.from(paths.start);
        paths
    }

    /// What can be reached from a node, itself included.
    pub(super) fn from(&self, start: Option<usize>) -> Vec<bool> {
        let mut reached = vec![false; self.next.len()];
        let mut open: Vec<usize> = start.into_iter().collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                open.extend(self.next[at].iter().map(|(_, to)| *to));
            }
        }
        reached
    }
}
