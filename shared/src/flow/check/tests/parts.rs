//! Of its parts: nodes' own fields, triggers, and what lies outside.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{end, found, found_in, surroundings};
use crate::domain::hosts::AllowedHosts;
use crate::domain::ids::{TeamId, TemplateId};
use crate::flow::check::{KnownFlow, KnownTemplate, OtherKeyword, Surroundings};
use crate::flow::definition::KeywordMatch;
use crate::flow::stage::{document, flow, node};
use crate::flow::trigger::Keyword;

#[test]
fn what_lies_outside_must_be_there() {
    let template = |message: Value| {
        document(vec![node("a", "send_message", json!({ "message": message })), end()], &["a next end"])
    };
    let known = KnownTemplate {
        id: TemplateId(uuid::Uuid::from_u128(5)),
        name: "ready".to_owned(),
        language: "en".to_owned(),
        places: Some(vec!["1".to_owned()]),
        is_approved: true,
    };
    let around = Surroundings {
        templates: Some(vec![known.clone()]),
        teams: Some(BTreeSet::new()),
        flows: Some(vec![
            KnownFlow { id: flow(2), name: "b".to_owned(), published: true, starts: vec![flow(1)] },
            KnownFlow { id: flow(3), name: "c".to_owned(), published: false, starts: vec![] },
        ]),
        ..surroundings()
    };
    let by_name =
        |name: &str, variables: Value| template(json!({ "type": "template", "name": name, "variables": variables }));
    assert_eq!(found_in(by_name("ready", json!({ "1": "x" })), &around), Vec::<String>::new());
    assert_eq!(found_in(by_name("other", json!({})), &around), ["nodes[0].config.message.name unknown_template"]);
    assert_eq!(
        found_in(by_name("ready", json!({ "2": "x" })), &around),
        ["nodes[0].config.message.variables template_place", "nodes[0].config.message.variables.2 template_place"]
    );
    let paused =
        Surroundings { templates: Some(vec![KnownTemplate { is_approved: false, ..known }]), ..around.clone() };
    assert_eq!(
        found_in(by_name("ready", json!({ "1": "x" })), &paused),
        ["warning: nodes[0].config.message template_not_approved"]
    );
    for (number, code) in [(1, "recursion"), (2, "recursion"), (3, "unpublished_flow"), (4, "unknown_flow")] {
        let start = document(vec![node("a", "start_flow", json!({ "flowId": flow(number) })), end()], &["a next end"]);
        assert_eq!(found_in(start, &around), [format!("nodes[0].config.flowId {code}")]);
    }
    let team = document(vec![node("a", "handoff", json!({ "teamId": TeamId(uuid::Uuid::from_u128(1)) }))], &[]);
    assert_eq!(found_in(team, &around), ["nodes[0].config.teamId unknown_team"]);
}

#[test]
fn a_call_goes_where_its_author_says_and_nowhere_else() {
    let call = |url: &str| {
        let nodes = vec![node("h", "http_request", json!({ "url": url })), end()];
        document(nodes, &["h ok end", "h failed end"])
    };
    let around = Surroundings {
        called_hosts: "shop.example, *.api.example".parse().unwrap(),
        private_hosts: AllowedHosts::new(["10.0.0.7".to_owned()]),
        ..surroundings()
    };
    let place = "{{ contact.phone | default('none') }}";
    for (url, code) in [
        (format!("https://shop.example/orders/{place}"), None),
        ("https://eu.api.example/x".to_owned(), None),
        ("https://api.example/x".to_owned(), Some("host_not_allowed")),
        ("https://evil-shop.example/".to_owned(), Some("host_not_allowed")),
        (format!("https://shop.example{place}/"), Some("url")),
        (format!("{place}/x"), Some("url")),
        ("http://shop.example/".to_owned(), Some("url")),
        ("https://user:pass@shop.example/".to_owned(), Some("url")),
        ("https://127.0.0.1/".to_owned(), Some("url")),
        ("http://10.0.0.7:8080/x".to_owned(), None),
        ("https://[::1]/".to_owned(), Some("url")),
        ("https://2130706433/".to_owned(), Some("url")),
        ("https://localhost/".to_owned(), Some("url")),
        ("https://metadata.google.internal/".to_owned(), Some("url")),
    ] {
        let expected: Vec<String> = code.map(|code| format!("nodes[0].config.url {code}")).into_iter().collect();
        assert_eq!(found_in(call(&url), &around), expected, "{url}");
    }
}

#[test]
fn what_each_nodes_own_fields_must_be() {
    let ask = |more: Value| {
        let mut config = json!({ "message": { "type": "text", "body": "?" }, "answer": { "type": "any" } });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let choices = |ids: [&str; 2]| json!({ "answer": { "type": "choice", "choices": ids.map(|id| json!({ "id": id, "title": id })) } });
    for (kind, config, field) in [
        ("wait", json!({}), "duration"),
        ("wait", json!({ "duration": 1, "until": { "time": "09:00" } }), "until"),
        ("wait", json!({ "duration": 40_000_000 }), "duration"),
        ("ab_split", json!({ "arms": [] }), "arms"),
        ("ab_split", json!({ "arms": [{ "name": "a", "weight": 0 }] }), "arms"),
        ("ask", ask(json!({ "variable": "contact" })), "variable"),
        ("ask", ask(json!({ "variable": "my size" })), "variable"),
        ("ask", ask(json!({ "timeout": 0 })), "timeout"),
        ("ask", ask(json!({ "again": { "times": 99 } })), "again.times"),
        ("ask", ask(json!({ "answer": { "type": "regex", "pattern": "(" } })), "answer.pattern"),
        ("ask", ask(json!({ "answer": { "type": "number", "min": 2, "max": 1 } })), "answer.max"),
        ("ask", ask(json!({ "answer": { "type": "phone", "country": "Vietnam" } })), "answer.country"),
        ("ask", ask(choices(["a", "failed"])), "answer.choices[1].id"),
        ("ask", ask(choices(["a", "a"])), "answer.choices[1].id"),
        ("send_message", json!({ "message": { "type": "media", "kind": "image" } }), "message.url"),
        ("send_message", json!({ "message": { "type": "template" } }), "message.name"),
        ("http_request", json!({ "url": "https://a.example/", "method": "TRACE" }), "method"),
        ("http_request", json!({ "url": "https://a.example/", "headers": { "Host": "b" } }), "headers.Host"),
        ("http_request", json!({ "url": "https://a.example/", "save": { "x": "order" } }), "save.x"),
        ("condition", json!({ "branches": [{ "name": "else", "when": { "all": [] } }] }), "branches[0].name"),
        (
            "condition",
            json!({ "branches": [{ "name": "a", "when": { "field": "nme", "operator": "eq", "value": 1 } }] }),
            "branches[0].when.field",
        ),
        ("add_tag", json!({ "tag": " " }), "tag"),
        ("jump", json!({ "to": "nowhere" }), "to"),
    ] {
        let faults = found(document(vec![node("a", kind, config.clone()), end()], &[]));
        let expected = format!("nodes[0].config.{field} ");
        assert!(faults.iter().any(|fault| fault.starts_with(&expected)), "{kind} {config}: {faults:?}");
    }
}

#[test]
fn triggers_are_checked_and_clashes_told() {
    let with = |trigger: Value| {
        let mut flow = document(vec![end()], &[]);
        flow["triggers"] = json!([trigger]);
        flow
    };
    let other = OtherKeyword {
        flow_id: flow(2),
        flow_name: "Sale".to_owned(),
        keyword: Keyword::of(KeywordMatch::Exact, "khuyến mãi"),
    };
    let around = Surroundings { other_keywords: vec![other], ..surroundings() };
    for (trigger, expected) in [
        (
            json!({ "type": "keyword", "config": { "words": ["Khuyen mai"] } }),
            "warning: triggers[0].config.words[0] keyword_clash",
        ),
        (json!({ "type": "keyword", "config": { "words": [] } }), "triggers[0].config.words keyword"),
        (json!({ "type": "keyword", "config": { "words": ["ok", "!!"] } }), "triggers[0].config.words[1] keyword"),
        (
            json!({ "type": "keyword", "config": { "words": ["(a"], "match": "regex" } }),
            "triggers[0].config.words[0] keyword",
        ),
        (json!({ "type": "no_reply", "config": { "after": 5 } }), "triggers[0].config.after config"),
        (json!({ "type": "payload", "config": { "payloads": [] } }), "triggers[0].config.payloads config"),
        (
            json!({ "type": "schedule", "config": { "at": "09:00", "audience": { "field": "variables.x", "operator": "exists" } } }),
            "triggers[0].config.audience.field condition",
        ),
        (
            json!({ "type": "schedule", "config": { "at": "09:00", "timezone": "Mars", "audience": { "all": [] } } }),
            "triggers[0].config.timezone config",
        ),
    ] {
        assert_eq!(found_in(with(trigger.clone()), &around), [expected], "{trigger}");
    }
    let mut none = document(vec![end()], &[]);
    none["triggers"] = json!([]);
    assert_eq!(found(none), ["warning: triggers no_trigger"]);
}
