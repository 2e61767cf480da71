//! What of a document does not read, and where it says so.

use serde_json::{Value, json};

use super::super::stage::{document, node};
use super::*;

fn fault_of(kind: &str, config: Value) -> (String, String) {
    let document = Document::read(document(vec![node("a", kind, config)], &[])).unwrap();
    let faults = document.parse().unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].node_id.as_deref(), Some("a"));
    (faults[0].field.clone(), faults[0].message.clone())
}

#[test]
fn a_fault_names_the_very_field() {
    let ask = |answer: Value| json!({ "message": { "type": "text", "body": "?" }, "answer": answer });
    let when = |when: Value| json!({ "branches": [{ "name": "a", "when": when }] });
    for (kind, config, field, says) in [
        ("send_mesage", json!({}), "type", "unknown variant `send_mesage`"),
        ("send_message", json!({}), "config", "missing field `message`"),
        ("send_message", json!({ "message": { "body": "x" } }), "config.message.type", "missing field `type`"),
        (
            "send_message",
            json!({ "message": { "type": "txt", "body": "x" } }),
            "config.message.type",
            "unknown variant `txt`",
        ),
        (
            "send_message",
            json!({ "message": { "type": "text", "body": 7 } }),
            "config.message.body",
            "a text, or texts by language",
        ),
        (
            "send_message",
            json!({ "message": { "type": "text", "body": { "vi": 7 } } }),
            "config.message.body.vi",
            "string",
        ),
        (
            "send_message",
            json!({ "message": { "type": "text", "body": "x", "colour": 1 } }),
            "config.message.colour",
            "unknown field `colour`",
        ),
        (
            "send_message",
            json!({ "message": { "type": "text", "body": "x" }, "deley": 1 }),
            "config.deley",
            "unknown field `deley`",
        ),
        (
            "send_message",
            json!({ "message": { "type": "buttons", "body": "x", "buttons": [{ "id": "a" }] } }),
            "config.message.buttons[0]",
            "missing field `title`",
        ),
        ("ask", ask(json!({ "type": "number", "min": "a" })), "config.answer.min", "f64"),
        ("ask", ask(json!({ "type": "colour" })), "config.answer.type", "unknown variant `colour`"),
        (
            "condition",
            when(json!({ "all": [{ "field": "name" }] })),
            "config.branches[0].when.all[0]",
            "missing field `operator`",
        ),
        (
            "condition",
            when(json!({ "not": { "field": "name", "operator": "is" } })),
            "config.branches[0].when.not.operator",
            "unknown variant `is`",
        ),
        ("condition", when(json!({ "all": [], "field": "name" })), "config.branches[0].when", "not both"),
        ("wait", json!({ "until": { "time": "25:00" } }), "config.until.time", "expected a time"),
        ("jump", json!({}), "config", "missing field `to`"),
        ("end", json!({ "x": 1 }), "config.x", "unknown field `x`"),
    ] {
        let (found, message) = fault_of(kind, config.clone());
        assert_eq!(found, format!("nodes[0].{field}"), "{kind} {config}");
        assert!(message.contains(says), "{kind} {config}: {message}");
    }
}

#[test]
fn every_fault_is_found_and_not_the_first_alone() {
    let document = Document::read(json!({
        "triggers": [{ "type": "keyword", "config": { "words": "a" } }],
        "nodes": [{ "id": "a", "type": "wait", "config": { "duration": -1 } }, { "id": "a", "type": "end" }, { "id": "", "type": "end" }],
        "edges": [{ "from": "a", "to": "b" }, { "from": "c", "to": "a" }, { "from": "a", "to": "a" }],
        "start": "z",
    }));
    let faults = document.unwrap().parse().unwrap_err();
    let mut fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    fields.sort_unstable();
    let expected = [
        "edges[0].to",
        "edges[1].from",
        "edges[2].outlet",
        "nodes[0].config.duration",
        "nodes[1].id",
        "nodes[2].id",
        "start",
        "triggers[0].config.words",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn the_start_stands_in_front_and_edges_follow_it() {
    let mut document =
        document(vec![node("b", "end", json!({})), node("a", "wait", json!({ "duration": 5 }))], &["a next b"]);
    document["start"] = json!("a");
    let definition = Document::read(document).unwrap().parse().unwrap();
    assert_eq!(definition.nodes[0].id, "a");
    assert_eq!((definition.edges[0].from, definition.edges[0].to), (0, 1));
}
