//! What is found wrong with a flow, and at which node.

mod parts;
mod whole;

use serde_json::{Value, json};

use super::*;
use crate::domain::channel::Channel;
use crate::flow::stage::{flow, node};

fn surroundings() -> Surroundings {
    Surroundings { flow_id: Some(flow(1)), channels: vec![Channel::WhatsApp], ..Surroundings::default() }
}

fn end() -> Value {
    node("end", "end", json!({}))
}

/// What is found in a flow that a customer starts by a word: node, code, and field where that tells more.
fn found_in(mut document: Value, surroundings: &Surroundings) -> Vec<String> {
    if document.get("triggers").is_none() {
        document["triggers"] = json!([{ "type": "keyword", "config": { "words": ["hi"] } }]);
    }
    let faults = check(&Document::read(document).unwrap(), surroundings);
    let name = |fault: &Fault| {
        let severity = if fault.severity == Severity::Error { "" } else { "warning: " };
        format!("{severity}{} {}", fault.field, fault.code)
    };
    faults.iter().map(name).collect()
}

fn found(document: Value) -> Vec<String> {
    found_in(document, &surroundings())
}
