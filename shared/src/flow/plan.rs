//! A definition made ready: its edges by node and way out, its texts and patterns compiled.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use super::definition::{Definition, Node, NodeKind, TriggerKind, Validation};
use super::fault::{Fault, Severity};
use super::places;
use super::texts::Texts;
use super::trigger;
use crate::domain::condition::{Condition, Operator, Pattern};
use crate::domain::ids::FlowId;

/// What a compiled pattern may hold.
const COMPILED: usize = 1 << 20;

/// A definition made ready: its edges by node and way out, its texts and patterns compiled.
#[derive(Debug)]
pub struct Plan {
    /// The flow.
    pub flow_id: FlowId,
    /// The version.
    pub version: i32,
    /// What it was made from.
    pub definition: Definition,
    nodes: HashMap<String, usize>,
    ways: Vec<HashMap<String, usize>>,
    pub(super) texts: Texts,
    patterns: HashMap<String, Pattern>,
    answers: HashMap<String, Regex>,
}

impl Plan {
    /// Makes a definition ready; fails with every text and pattern that does not read.
    pub fn of(flow_id: FlowId, version: i32, definition: Definition) -> Result<Self, Vec<Fault>> {
        let mut ready = Ready::default();
        for (index, node) in definition.nodes.iter().enumerate() {
            ready.node(index, &node.id, &node.kind);
        }
        for (index, trigger) in definition.triggers.iter().enumerate() {
            ready.trigger(index, &trigger.kind);
        }
        if definition.nodes.is_empty() {
            ready.fault(None, "nodes".to_owned(), "no_nodes", "a flow has at least one node".to_owned());
        }
        if !ready.faults.is_empty() {
            return Err(ready.faults);
        }
        Ok(ready.plan(flow_id, version, definition))
    }

    /// The node of an id.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.definition.nodes.get(*self.nodes.get(id)?)
    }

    /// Where the flow begins.
    pub fn first(&self) -> Option<&Node> {
        self.definition.nodes.first()
    }

    /// Where a way out of a node leads.
    pub fn way(&self, from: &str, outlet: &str) -> Option<&Node> {
        let to = self.ways.get(*self.nodes.get(from)?)?.get(outlet)?;
        self.definition.nodes.get(*to)
    }

    /// Whether a text matches a pattern of a condition.
    pub(super) fn matches(&self, pattern: &str, text: &str) -> bool {
        self.patterns.get(pattern).is_some_and(|pattern| pattern.matches(text))
    }

    /// Whether an answer is what its pattern says, from end to end.
    pub(super) fn answers(&self, pattern: &str, text: &str) -> bool {
        self.answers.get(pattern).is_some_and(|pattern| pattern.is_match(text))
    }
}

/// What has been made ready so far, and what could not be.
#[derive(Default)]
pub(super) struct Ready {
    texts: Texts,
    patterns: HashMap<String, Pattern>,
    answers: HashMap<String, Regex>,
    pub(super) faults: Vec<Fault>,
}

impl Ready {
    /// To be filled in with nothing known, for what a text is at least.
    pub(super) fn lenient() -> Self {
        Self { texts: Texts::lenient(), ..Self::default() }
    }

    /// The plan of what is ready.
    pub(super) fn plan(self, flow_id: FlowId, version: i32, definition: Definition) -> Plan {
        let mut ways = vec![HashMap::new(); definition.nodes.len()];
        for edge in &definition.edges {
            if let Some(ways) = ways.get_mut(edge.from) {
                ways.insert(edge.outlet.clone(), edge.to);
            }
        }
        let nodes = definition.nodes.iter().enumerate().map(|(index, node)| (node.id.clone(), index)).collect();
        let Self { texts, patterns, answers, .. } = self;
        Plan { flow_id, version, definition, nodes, ways, texts, patterns, answers }
    }

    /// Makes the node at `index` ready.
    pub(super) fn node(&mut self, index: usize, id: &str, kind: &NodeKind) {
        for (field, text) in places::of_node(kind) {
            let is_url = matches!(kind, NodeKind::HttpRequest(_)) && field == "config.url";
            let added = if is_url { self.texts.add_url(text) } else { self.texts.add(text) };
            if let Err(problem) = added {
                self.fault(Some(id), format!("nodes[{index}].{field}"), "text", problem);
            }
        }
        match kind {
            NodeKind::Condition(condition) => {
                for (branch, one) in condition.branches.iter().enumerate() {
                    self.condition(Some(id), &format!("nodes[{index}].config.branches[{branch}].when"), &one.when);
                }
            }
            NodeKind::Ask(ask) => {
                if let Validation::Regex { pattern } = &ask.answer {
                    match compile_answer(pattern) {
                        Ok(regex) => drop(self.answers.insert(pattern.clone(), regex)),
                        Err(problem) => {
                            self.fault(Some(id), format!("nodes[{index}].config.answer.pattern"), "pattern", problem);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Makes the trigger at `index` ready.
    pub(super) fn trigger(&mut self, index: usize, kind: &TriggerKind) {
        if let Err((field, problem)) = trigger::check_words(kind) {
            self.fault(None, format!("triggers[{index}].config.{field}"), "keyword", problem);
        }
        if let TriggerKind::Schedule { audience, .. } = kind {
            self.condition(None, &format!("triggers[{index}].config.audience"), audience);
        }
    }

    fn condition(&mut self, node: Option<&str>, at: &str, condition: &Condition) {
        for fault in condition.check(node.is_some()) {
            let field = if fault.at.is_empty() { at.to_owned() } else { format!("{at}.{}", fault.at) };
            self.fault(node, field, "condition", fault.problem);
        }
        for (_, _, operator, value) in condition.questions() {
            if let (Operator::Matches, Some(text)) = (operator, value.as_str())
                && let Ok(pattern) = Pattern::parse(text)
            {
                self.patterns.insert(text.to_owned(), pattern);
            }
        }
    }

    fn fault(&mut self, node: Option<&str>, field: String, code: &str, message: String) {
        self.faults.push(Fault::new(Severity::Error, node, field, code, message));
    }
}

/// An answer's pattern: from end to end, in linear time.
fn compile_answer(pattern: &str) -> Result<Regex, String> {
    let whole = format!("^(?:{pattern})$");
    let built = RegexBuilder::new(&whole).size_limit(COMPILED).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "is too large".to_owned(),
        _ => "is no pattern that Loa knows: no look-around, no back-references".to_owned(),
    })
}
