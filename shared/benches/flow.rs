//! What one step of a flow costs, and what it costs to find the flow that a message starts among a thousand.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Map, Value, json};
use shared::domain::business_hours::TimeZone;
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, ContactId, ConversationId, FlowId, FlowSessionId, MerchantId, MessageId};
use shared::domain::message::received::Surroundings;
use shared::domain::message::{Content, Said};
use shared::flow::engine::{self, Plans};
use shared::flow::event::{Event, Incoming};
use shared::flow::world::{AccountFacts, ContactFacts, ConversationFacts, World};
use shared::flow::{Document, Plan, TriggerIndex};
use uuid::Uuid;

struct One(Plan);

impl Plans for One {
    fn version(&self, _: FlowId, _: i32) -> Option<&Plan> {
        Some(&self.0)
    }

    fn published(&self, _: FlowId) -> Option<&Plan> {
        Some(&self.0)
    }
}

fn plan(number: u128, document: Value) -> Plan {
    let document = Document::read(document).unwrap();
    Plan::of(FlowId(Uuid::from_u128(number)), 1, document.parse().unwrap()).unwrap()
}

/// A flow of twenty nodes: a question, and behind its answer conditions, a split, changes and texts up to the next.
fn twenty_nodes() -> Value {
    let text = |body: &str| json!({ "type": "text", "body": { "en": body, "vi": format!("{body} nhé") } });
    let say = |id: &str, body: &str| json!({ "id": id, "type": "send_message", "config": { "message": text(body) } });
    let ask = |id: &str, body: &str, variable: &str| {
        json!({ "id": id, "type": "ask", "config": { "message": text(body), "answer": { "type": "number" }, "variable": variable,
            "timeout": 3600 } })
    };
    let condition = |id: &str, field: &str, value: Value| {
        json!({ "id": id, "type": "condition",
            "config": { "branches": [{ "name": "yes", "when": { "field": field, "operator": "gte", "value": value } }] } })
    };
    let mut nodes = vec![
        ask("n0", "How many?", "count"),
        condition("n1", "variables.count", json!(3)),
        json!({ "id": "n2", "type": "set_attribute", "config": { "name": "last", "value": "{{ variables.count }}" } }),
        json!({ "id": "n3", "type": "add_tag", "config": { "tag": "buyer" } }),
        json!({ "id": "n4", "type": "ab_split", "config": { "arms": [{ "name": "next", "weight": 1 }] } }),
        say("n5", "{{ contact.name | default('You') }}, {{ count }} it is, {{ attributes.tier | default('guest') }}"),
        ask("n6", "And the colour's number?", "colour"),
    ];
    for number in 7..19 {
        nodes.push(say(&format!("n{number}"), "{{ shop_name }} thanks you"));
    }
    nodes.push(json!({ "id": "n19", "type": "end" }));
    let mut edges = vec![json!({ "from": "n0", "outlet": "timed_out", "to": "n19" })];
    for number in 0..19 {
        let outlet = match number {
            0 | 6 => "answered",
            1 => "yes",
            _ => "next",
        };
        edges.push(json!({ "from": format!("n{number}"), "outlet": outlet, "to": format!("n{}", number + 1) }));
    }
    json!({ "nodes": nodes, "edges": edges, "triggers": [{ "type": "api" }] })
}

fn world() -> World {
    World {
        now: "2026-11-21T08:00:00Z".parse().unwrap(),
        merchant_id: MerchantId(Uuid::from_u128(1)),
        shop_name: "Lotus".to_owned(),
        account: AccountFacts {
            id: AccountId(Uuid::from_u128(2)),
            channel: Channel::WhatsApp,
            name: None,
            timezone: TimeZone::UTC,
            open: true,
            hands_off: true,
            answers_by_ai: false,
        },
        contact: ContactFacts {
            id: Some(ContactId(Uuid::from_u128(3))),
            name: Some("Nguyễn Thị Lan".to_owned()),
            locale: Some("vi_VN".to_owned()),
            attributes: (0..20).map(|n| (format!("a{n}"), json!(format!("value {n}")))).collect(),
            ..ContactFacts::default()
        },
        conversation: ConversationFacts {
            id: ConversationId(Uuid::from_u128(4)),
            last_inbound_at: None,
            references: BTreeMap::new(),
        },
    }
}

fn says(text: &str) -> Incoming {
    let said = Said { content: Content::text_of(text), surroundings: Surroundings::default() };
    Incoming { message_id: MessageId(Uuid::from_u128(7)), reply_to: None, at: world().now, said }
}

/// An answer comes in: seven nodes on, with two messages to say.
fn step(criterion: &mut Criterion) {
    let (plans, world) = (One(plan(1, twenty_nodes())), world());
    let id = FlowSessionId(Uuid::from_u128(9));
    let begun = engine::begin(&plans, &plans.0, id, Map::new(), None, &world).session;
    let event = Event::Said(says("5"));
    assert_eq!(engine::step(&plans, begun.clone(), &event, &world).session.frames[0].node_id, "n6");
    criterion.bench_function("a step of a flow of 20 nodes", |bench| {
        bench.iter(|| engine::step(&plans, black_box(begun.clone()), black_box(&event), &world));
    });
}

/// A thousand active flows, each with a keyword of its own; of every kind but patterns, and then patterns too.
fn trigger(criterion: &mut Criterion) {
    let flows = |kinds: &[&str]| -> Vec<Plan> {
        let one = |number: usize| {
            let keyword = json!({ "match": kinds[number % kinds.len()], "words": [format!("khuyến mãi số {number}")] });
            plan(
                number as u128,
                json!({ "triggers": [{ "type": "keyword", "config": keyword }], "nodes": [{ "id": "e", "type": "end" }],
                "edges": [] }),
            )
        };
        (0..1000).map(one).collect()
    };
    let (words, patterns) =
        (flows(&["exact", "contains", "starts_with"]), flows(&["exact", "contains", "starts_with", "regex"]));
    for (name, flows) in [("1,000 keywords", words), ("1,000 keywords, 250 of them patterns", patterns)] {
        let index = TriggerIndex::of(flows.iter());
        let found = says("Cho em hỏi chương trình khuyen mai so 397 có còn không ạ, em cảm ơn shop nhiều");
        let none = says("Cho em hỏi chương trình giảm giá tháng này có còn không ạ, em cảm ơn shop nhiều");
        assert!(!index.by_message(&found).is_empty() && index.by_message(&none).is_empty());
        criterion.bench_function(&format!("a text that starts one of {name}"), |bench| {
            bench.iter(|| index.by_message(black_box(&found)));
        });
        criterion.bench_function(&format!("a text that starts none of {name}"), |bench| {
            bench.iter(|| index.by_message(black_box(&none)));
        });
    }
}

criterion_group!(benches, step, trigger);
criterion_main!(benches);
