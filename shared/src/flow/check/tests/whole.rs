//! Of a flow as a whole: where it leads, what it says and when.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{end, found, found_in, surroundings};
use crate::domain::channel::Channel;
use crate::flow::check::Surroundings;
use crate::flow::stage::{document, node, say};

#[test]
fn a_flow_that_works_has_no_faults() {
    let choice = json!({ "message": { "type": "text", "body": { "en": "Size?", "vi": "Cỡ nào?" } }, "variable": "size", "timeout": 3600,
        "answer": { "type": "choice", "choices": [{ "id": "s", "title": "Small" }, { "id": "l", "title": "Large" }] } });
    let nodes = vec![
        say("hello", "Hello {{ contact.name | default('there') }}"),
        node("size", "ask", choice),
        say("thanks", "You chose {{ size }}, {{ variables.size }}"),
        node("help", "handoff", json!({ "message": "One moment." })),
        end(),
    ];
    let edges =
        ["hello next size", "size answered thanks", "size failed help", "size timed_out help", "thanks next end"];
    assert_eq!(found(document(nodes, &edges)), Vec::<String>::new());
}

#[test]
fn edges_that_are_missing_or_too_many_are_named() {
    let condition =
        json!({ "branches": [{ "name": "vip", "when": { "field": "tags", "operator": "contains", "value": "vip" } }] });
    let nodes = vec![say("a", "x"), node("c", "condition", condition), say("lost", "x"), end()];
    let edges = ["a next c", "c vip end", "c other end", "lost next end", "end next a"];
    let mut faults = found(document(nodes, &edges));
    faults.sort_unstable();
    let expected = [
        "edges[2].outlet unknown_outlet",
        "edges[4].outlet unknown_outlet",
        "nodes[1] missing_edge",
        "warning: nodes[2] unreachable",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn a_loop_needs_something_that_waits() {
    let back = node("b", "jump", json!({ "to": "a" }));
    let looping = document(vec![say("a", "x"), back.clone()], &["a next b"]);
    assert_eq!(found(looping), ["nodes[0] loop_without_wait", "nodes[1] loop_without_wait"]);
    let waiting =
        document(vec![say("a", "x"), node("w", "wait", json!({ "duration": 60 })), back], &["a next w", "w next b"]);
    // It sends for ever though, and so at last to somebody who has not written for a day.
    assert_eq!(found(waiting), ["nodes[0].config.message needs_template"]);
}

#[test]
fn a_free_form_message_after_a_day_of_silence_needs_a_template() {
    let wait = |hours: u64| node("w", "wait", json!({ "duration": hours * 3600 }));
    let after = |hours: u64| document(vec![wait(hours), say("a", "x"), end()], &["w next a", "a next end"]);
    assert_eq!(found(after(23)), Vec::<String>::new());
    assert_eq!(found(after(24)), ["nodes[1].config.message needs_template"]);
    let on_x = Surroundings { channels: vec![Channel::X], ..surroundings() };
    assert_eq!(found_in(after(24), &on_x), Vec::<String>::new());
    let ask = |timeout: u64| json!({ "message": { "type": "text", "body": "?" }, "answer": { "type": "any" }, "timeout": timeout });
    let asked = |outlet: &str| {
        let nodes = vec![wait(20), node("q", "ask", ask(5 * 3600)), say("a", "x"), say("b", "y"), end()];
        let other = if outlet == "answered" { "timed_out" } else { "answered" };
        let mut flow = document(nodes, &["w next q", "a next end", "b next end"]);
        for (outlet, to) in [(outlet, "a"), (other, "end")] {
            flow["edges"].as_array_mut().unwrap().push(json!({ "from": "q", "outlet": outlet, "to": to }));
        }
        found(flow)
    };
    assert_eq!(asked("answered"), ["warning: nodes[3] unreachable"]);
    assert_eq!(asked("timed_out"), ["nodes[2].config.message needs_template", "warning: nodes[3] unreachable"]);
    let rounds = document(
        vec![node("q", "ask", ask(60)), node("w", "wait", json!({ "duration": 3600 })), end()],
        &["q answered w", "q timed_out end", "w next q"],
    );
    assert_eq!(found(rounds), Vec::<String>::new(), "each round the customer writes");
}

#[test]
fn texts_that_ask_for_what_nobody_knows_are_refused() {
    let flow = |body: &str| {
        let ask =
            json!({ "message": { "type": "text", "body": "?" }, "answer": { "type": "any" }, "variable": "size" });
        document(vec![say("a", body), node("q", "ask", ask), end()], &["a next q", "q answered end"])
    };
    let body = "nodes[0].config.message.body";
    for (text, expected) in [
        ("{{ size }}", vec![format!("{body} unknown_variable")]),
        ("{{ variables.nothing }}", vec![format!("{body} unknown_variable")]),
        ("{{ variables.nothing | default('x') }}", vec![]),
        ("{{ contact.nmae }}", vec![format!("{body} unknown_variable")]),
        ("{{ contact.name }}", vec![format!("warning: {body} may_be_missing")]),
        ("{{ attributes.tier }}", vec![format!("warning: {body} may_be_missing")]),
        ("{{ attributes.tier | default('guest') }} {{ shop_name }} {{ account.channel }}", vec![]),
        ("{{ contact.name", vec![format!("{body} text")]),
        ("{{ 'a' * 9 }}", vec![format!("{body} text")]),
    ] {
        assert_eq!(found(flow(text)), expected, "{text}");
    }
    let mut by_api = flow("{{ order }}");
    by_api["triggers"] = json!([{ "type": "api" }]);
    let warned = found(by_api.clone());
    assert!(warned.contains(&format!("warning: {body} unknown_variable")), "{warned:?}");
    let given = Surroundings { variables: BTreeSet::from(["order".to_owned()]), ..surroundings() };
    assert!(!found_in(by_api, &given).iter().any(|fault| fault.contains("unknown_variable")));
}

#[test]
fn messages_are_held_against_the_limits_of_every_channel_in_every_language() {
    let four: Vec<Value> = (1..=4).map(|n| json!({ "id": n.to_string(), "title": format!("{n}") })).collect();
    let buttons = |buttons: Vec<Value>| {
        let message = json!({ "message": { "type": "buttons", "body": "x", "buttons": buttons } });
        document(vec![node("a", "send_message", message), end()], &["a next end"])
    };
    assert_eq!(found(buttons(four)), ["nodes[0].config.message.buttons message"]);
    let long = json!({ "id": "a", "title": { "en": "short", "vi": "một cái tên dài hơn hai mươi chữ" } });
    assert_eq!(found(buttons(vec![long])), ["nodes[0].config.message.buttons[0].title message"]);
    let places = json!({ "id": "a", "title": "{{ attributes.a | default('') }}" });
    let other = json!({ "id": "b", "title": "{{ attributes.b | default('') }}" });
    assert_eq!(found(buttons(vec![places, other])), Vec::<String>::new(), "what fills them may differ");
    let list = json!({ "message": { "type": "list", "body": "x", "button": "Open", "sections": [{ "rows": [{ "id": "a", "title": "A" }] }] } });
    let list = document(vec![node("a", "send_message", list), end()], &["a next end"]);
    let both = Surroundings { channels: vec![Channel::WhatsApp, Channel::Messenger], ..surroundings() };
    assert_eq!(found(list.clone()), Vec::<String>::new());
    assert_eq!(found_in(list, &both), ["nodes[0].config.message.type message"]);
    let choices: Vec<Value> = (1..=11).map(|n| json!({ "id": n.to_string(), "title": format!("{n}") })).collect();
    let ask = json!({ "message": { "type": "text", "body": "?" }, "answer": { "type": "choice", "choices": choices } });
    let ask = document(vec![node("q", "ask", ask), end()], &["q answered end", "q failed end"]);
    assert!(found(ask).iter().all(|fault| fault.starts_with("nodes[0].config") && fault.ends_with("message")));
}
