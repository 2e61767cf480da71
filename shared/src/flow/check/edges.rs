//! Ways out and what leaves by them.

use super::{Found, Read};
use crate::flow::definition::{NodeKind, Validation};
use crate::flow::fault::{Fault, Severity};

pub(super) fn check(read: &Read<'_>, found: &mut Found) {
    for (index, id, kind) in read.nodes() {
        ways_out(read, (index, id), kind, found);
    }
    let Some(start) = read.paths.start else {
        return;
    };
    for (index, node) in read.document.nodes.iter().enumerate() {
        if !read.paths.reached[index] {
            let message = format!("no way leads here from `{}`", read.document.nodes[start].id);
            found.node(Severity::Warning, (index, &node.id), "", "unreachable", message);
        }
    }
}

fn ways_out(read: &Read<'_>, node: (usize, &str), kind: &NodeKind, found: &mut Found) {
    let (_, id) = node;
    let outlets = kind.outlets();
    let edges = || read.document.edges.iter().enumerate().filter(|(_, edge)| edge.from == id);
    for (at, edge) in edges() {
        if !outlets.has(&edge.outlet) {
            let known: Vec<&str> = outlets.needed.iter().chain(&outlets.optional).map(String::as_str).collect();
            let expected = if known.is_empty() {
                "it has none".to_owned()
            } else {
                format!("expected one of: {}", known.join(", "))
            };
            let message = format!("a `{}` has no way out `{}`, {expected}", kind.name(), edge.outlet);
            let field = format!("edges[{at}].outlet");
            found.0.push(Fault::new(Severity::Error, Some(id), field, "unknown_outlet", message));
        }
    }
    let has_edge = |outlet: &str| edges().any(|(_, edge)| edge.outlet == outlet);
    let choices_lead_on = matches!(kind, NodeKind::Ask(ask) if is_led_on(&ask.answer, &has_edge));
    for outlet in &outlets.needed {
        let is_led_on = outlet == "answered" && choices_lead_on;
        if !is_led_on && !has_edge(outlet) {
            found.node(Severity::Error, node, "", "missing_edge", format!("no edge leaves by `{outlet}`"));
        }
    }
    let helped = matches!(kind, NodeKind::Ask(_))
        .then_some("failed")
        .or(matches!(kind, NodeKind::AiReply(_)).then_some("handoff"));
    if let Some(outlet) = helped.filter(|outlet| outlets.has(outlet) && !has_edge(outlet)) {
        let message = format!("no edge leaves by `{outlet}`: a person gets the conversation then");
        found.node(Severity::Warning, node, "", "missing_edge", message);
    }
}

/// Whether every choice has an edge of its own.
fn is_led_on(answer: &Validation, has_edge: &impl Fn(&str) -> bool) -> bool {
    match answer {
        Validation::Choice { choices } => choices.iter().all(|choice| has_edge(&choice.id)),
        _ => false,
    }
}
