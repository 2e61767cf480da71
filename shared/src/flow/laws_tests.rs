//! Random flows and random customers: whatever is published and whatever is said, a session ends or waits within its
//! limits, does the same twice, and survives being stored at every step.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::check::{Surroundings, check};
use super::effect::Effect;
use super::engine::{LARGEST_SESSION, MOST_FRAMES, MOST_VISITS};
use super::event::{CallOutcome, Event};
use super::fault::Severity;
use super::session::{End, Waiting};
use super::stage::{Talk, flow, tap, world};
use super::{Document, Outlets, Plan};
use crate::domain::channel::Channel;
use crate::domain::ids::MessageId;
use crate::domain::message::Content;

/// What happens next.
#[derive(Clone, Debug)]
enum Act {
    Says(String),
    Taps(String),
    Sent,
    SendFails,
    Due(u32),
    Called(bool),
    Ai(bool),
    Time(u32),
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9 @.+/-]{0,12}",
        prop::sample::select(vec![
            "yes",
            "1",
            "2",
            "31/12/2026",
            "0912345678",
            "a@b.co",
            "1.000,5",
            "Xin chào",
            "\u{301}",
            "🙂"
        ])
        .prop_map(str::to_owned),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => word().prop_map(Act::Says),
        2 => prop::sample::select(vec!["a", "b", "zz", ""]).prop_map(|id| Act::Taps(id.to_owned())),
        3 => Just(Act::Sent),
        1 => Just(Act::SendFails),
        3 => (0_u32..6).prop_map(Act::Due),
        2 => any::<bool>().prop_map(Act::Called),
        1 => any::<bool>().prop_map(Act::Ai),
        1 => (1_u32..100_000).prop_map(Act::Time),
    ]
}

fn body() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!("Hello"),
        json!("Hi {{ contact.name }}"),
        json!("{{ x }} {{ variables.y | default('-') }}"),
        json!({ "en": "Yes", "vi": "Vâng {{ attributes.t | default('') }}" }),
        json!("{% for t in contact.tags %}{{ t }}{% endfor %}."),
        json!("{{ nobody.knows }}"),
        json!("{{ broken"),
    ])
}

fn answer() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({ "type": "any" }),
        json!({ "type": "text", "min": 2, "max": 5 }),
        json!({ "type": "number", "min": 0 }),
        json!({ "type": "email" }),
        json!({ "type": "phone", "country": "VN" }),
        json!({ "type": "date", "future": true }),
        json!({ "type": "regex", "pattern": "[a-z]+" }),
        json!({ "type": "choice", "choices": [{ "id": "a", "title": "Yes" }, { "id": "b", "title": "No" }] }),
    ])
}

/// A node's type and what it says of itself.
fn kind() -> impl Strategy<Value = (&'static str, Value)> {
    let text = |body: Value| json!({ "message": { "type": "text", "body": body } });
    let holds = json!({ "any": [{ "field": "tags", "operator": "contains", "value": "t" },
        { "not": { "field": "variables.x", "operator": "matches", "value": "^[a-m]" } }] });
    prop_oneof![
        4 => body().prop_map(move |body| ("send_message", text(body))),
        4 => (body(), answer(), prop::option::of(1_u64..100_000), 0_u32..3).prop_map(move |(body, answer, timeout, times)| {
            let mut ask = json!({ "message": { "type": "text", "body": body }, "answer": answer, "variable": "x", "again": { "times": times } });
            if let Some(timeout) = timeout {
                ask["timeout"] = json!(timeout);
            }
            ("ask", ask)
        }),
        2 => Just(("condition", json!({ "branches": [{ "name": "a", "when": holds }] }))),
        1 => Just(("ab_split", json!({ "arms": [{ "name": "a", "weight": 1 }, { "name": "b", "weight": 2 }] }))),
        2 => (0_u64..200_000).prop_map(|duration| ("wait", json!({ "duration": duration }))),
        1 => Just(("wait", json!({ "until": { "time": "09:30", "days": ["sunday"] } }))),
        1 => Just(("set_attribute", json!({ "name": "t", "value": ["{{ x }}", 1] }))),
        1 => Just(("add_tag", json!({ "tag": "t" }))),
        1 => Just(("http_request", json!({ "url": "https://a.example/{{ x }}", "save": { "y": "/y" } }))),
        1 => Just(("ai_reply", json!({}))),
        1 => Just(("handoff", json!({ "message": "Wait" }))),
        1 => Just(("close", json!({}))),
        2 => (1_u128..4).prop_map(|number| ("start_flow", json!({ "flowId": flow(number) }))),
        1 => (0_usize..9).prop_map(|to| ("jump", json!({ "to": format!("n{to}") }))),
        2 => Just(("end", json!({}))),
    ]
}

/// A flow of some nodes, whose ways out lead anywhere or nowhere.
fn document() -> impl Strategy<Value = Value> {
    let nodes = prop::collection::vec((kind(), any::<bool>()), 1..9);
    (nodes, prop::collection::vec(0_usize..10, 40)).prop_map(|(kinds, targets)| {
        let mut targets = targets.into_iter().cycle();
        let count = kinds.len();
        let mut edges = Vec::new();
        let mut nodes = Vec::new();
        for (index, ((kind, config), goal)) in kinds.into_iter().enumerate() {
            let from = format!("n{index}");
            let outlets = outlets(kind, &config);
            for outlet in ["next", "answered", "failed", "timed_out", "a", "b", "else", "ok", "handoff"] {
                // One in ten leads nowhere.
                let to = targets.next().unwrap_or_default();
                if to < 9 && outlets.has(outlet) {
                    edges.push(json!({ "from": from, "outlet": outlet, "to": format!("n{}", to % count) }));
                }
            }
            nodes.push(json!({ "id": from, "type": kind, "config": config, "goal": goal }));
        }
        json!({ "triggers": [{ "type": "api" }], "nodes": nodes, "edges": edges })
    })
}

fn outlets(kind: &str, config: &Value) -> Outlets {
    let document = json!({ "nodes": [{ "id": "n", "type": kind, "config": config }], "edges": [] });
    let definition = Document::read(document).unwrap().parse().unwrap();
    definition.nodes[0].kind.outlets()
}

fn play(documents: &[Value], acts: &[Act]) -> Option<Vec<Vec<Effect>>> {
    let is_ready = |document: &Value| {
        let definition = Document::read(document.clone()).unwrap().parse();
        definition.is_ok_and(|definition| Plan::of(flow(1), 1, definition).is_ok())
    };
    if !documents.iter().all(is_ready) {
        return None;
    }
    let mut talk = Talk::begin(documents.iter().cloned(), world());
    let mut told = vec![talk.effects.clone()];
    holds(&talk);
    for act in acts {
        let used = happens(&mut talk, act);
        assert!(
            used || talk.effects.iter().all(|effect| matches!(effect, Effect::Passed { .. })),
            "{act:?} was not used, but did something"
        );
        holds(&talk);
        told.push(talk.effects.clone());
    }
    Some(told)
}

fn happens(talk: &mut Talk, act: &Act) -> bool {
    let asked = match talk.session.waiting {
        Waiting::Answer { message_id, .. } => message_id,
        _ => MessageId(uuid::Uuid::from_u128(5)),
    };
    match act {
        Act::Says(text) => talk.says(text),
        Act::Taps(id) => talk.gets(tap(id, "Yes")),
        Act::Sent => {
            let at = talk.world.now;
            talk.hears(&Event::Sent { message_id: asked, at })
        }
        Act::SendFails => {
            talk.hears(&Event::SendFailed { message_id: asked, code: "131026".to_owned(), reason: "no".to_owned() })
        }
        Act::Due(wait) => talk.hears(&Event::Due { wait: *wait }),
        Act::Called(works) => {
            let outcome = if *works {
                CallOutcome::Answered { status: 200, body: json!({ "y": [1, "z"] }) }
            } else {
                CallOutcome::Failed { reason: "no".to_owned() }
            };
            let call = talk.session.counters.calls;
            talk.hears(&Event::Called { call, outcome })
        }
        Act::Ai(wants_person) => talk.hears(&Event::AiDone { wants_person: *wants_person }),
        Act::Time(seconds) => {
            talk.later(i64::from(*seconds));
            talk.says("anybody?")
        }
    }
}

/// What holds behind every step.
fn holds(talk: &Talk) {
    let entered = |effect: &&Effect| matches!(effect, Effect::Passed { passage: super::effect::Passage::Entered, .. });
    assert!(talk.effects.iter().filter(entered).count() <= MOST_VISITS as usize);
    assert!(talk.session.frames.len() <= MOST_FRAMES);
    assert!(serde_json::to_vec(&talk.session).unwrap().len() <= LARGEST_SESSION);
    let ends = talk.effects.iter().filter(|effect| matches!(effect, Effect::Ended(_))).count();
    let is_over = talk.session.waiting == Waiting::Over;
    assert!(ends <= 1 && (ends == 0 || is_over), "{:?}", talk.effects);
    if ends == 1 {
        assert!(matches!(talk.effects.last(), Some(Effect::Ended(_))), "nothing comes behind the end");
    }
    if let Some(End::Failed(_)) = talk.end() {
        assert!(talk.hands_off(), "who is left by a broken flow gets a person");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_session_ends_or_waits_within_its_limits_and_does_the_same_twice(
        documents in prop::collection::vec(document(), 1..4),
        acts in prop::collection::vec(act(), 0..25),
    ) {
        let told = play(&documents, &acts);
        prop_assert_eq!(&told, &play(&documents, &acts));
    }

    #[test]
    fn what_is_checked_without_an_error_can_be_made_ready(document in document()) {
        let surroundings = Surroundings { channels: Channel::ALL.to_vec(), ..Surroundings::default() };
        let document = Document::read(document).unwrap();
        let faults = check(&document, &surroundings);
        prop_assert!(faults.iter().all(|fault| fault.node_id.as_ref().is_none_or(|id| document.nodes.iter().any(|node| node.id == *id))));
        if faults.iter().all(|fault| fault.severity == Severity::Warning) {
            let definition = document.parse().unwrap();
            let plan = Plan::of(flow(1), 1, definition);
            prop_assert!(plan.is_ok(), "{:?}", plan.err());
        }
    }

    #[test]
    fn no_json_is_too_strange_to_be_refused_politely(document in document(), at in any::<prop::sample::Index>(), with in strange()) {
        let mut document = document;
        let pointers = pointers(&document);
        let pointer = at.get(&pointers);
        *document.pointer_mut(pointer).unwrap() = with;
        if let Ok(document) = Document::read(document) {
            let faults = check(&document, &Surroundings { channels: vec![Channel::WhatsApp], ..Surroundings::default() });
            prop_assert!(document.parse().is_ok() || faults.iter().any(|fault| fault.severity == Severity::Error));
        }
    }

    #[test]
    fn any_answer_is_taken_or_refused(answer in answer(), said in ".{0,60}") {
        let ask = json!({ "message": { "type": "text", "body": "?" }, "answer": answer, "variable": "x" });
        let document = super::stage::document(vec![super::stage::node("q", "ask", ask)], &[]);
        let mut talk = Talk::begin([document], world());
        prop_assert!(talk.gets(Content::text_of(said)));
    }
}

fn strange() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("{{"),
        json!("{% if %}"),
        json!([]),
        json!({}),
        json!(true),
        json!({ "type": "text" }),
        json!("\u{0}"),
        json!([[[[]]]]),
        json!("(((((a{9}){9}){9}){9}){9}"),
    ])
}

/// Every place in a JSON value.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let below = |name: String, value: &Value| {
        pointers(value).into_iter().map(move |rest| format!("/{name}{rest}")).collect::<Vec<_>>()
    };
    match value {
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, one)| found.extend(below(index.to_string(), one)));
        }
        Value::Object(map) => map.iter().for_each(|(name, one)| found.extend(below(name.clone(), one))),
        _ => {}
    }
    found
}
