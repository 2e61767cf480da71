//! Every example of the automation guide is run: what it says of flows is what flows do.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::ids::FlowId;
use shared::flow::fault::{Fault, Severity};
use shared::flow::{Document, Surroundings, check};
use tests::repository;
use tests::talk::{Shelf, Talk};
use uuid::Uuid;

use crate::automation_asked;

/// What an example without an id is called.
const EXAMPLE: FlowId = FlowId(Uuid::from_u128(0xe));

/// A block of code of a page.
pub(crate) struct Fence {
    at: String,
    info: String,
    pub(crate) text: String,
}

#[test]
fn every_flow_of_the_guide_can_work_and_says_what_the_guide_says() {
    let (mut flows, mut talks) = (0, 0);
    let mut shelf = Shelf::default();
    let fences = fences();
    for (place, fence) in fences.iter().enumerate() {
        let words: Vec<&str> = fence.info.split(' ').collect();
        match words.as_slice() {
            ["json", "flow", id @ ..] => {
                let id = id.first().map_or(EXAMPLE, |id| id.parse().unwrap());
                put(&mut shelf, id, &fence.json(), fence);
                flows += 1;
            }
            ["json", "node"] => {
                put(&mut shelf, EXAMPLE, &alone(&fence.json()), fence);
                flows += 1;
            }
            ["conversation", locale @ ..] => {
                let mut talk = Talk::begin(&shelf, EXAMPLE, locale.first().copied()).unwrap();
                talk.play(&fence.text).unwrap_or_else(|error| panic!("{}: {error:#}", fence.at));
                talks += 1;
            }
            ["json", "broken"] => {
                let told: BTreeSet<String> = faults(&fence.json()).iter().map(describe).collect();
                let expected: BTreeSet<String> = fences[place + 1].text.lines().map(str::to_owned).collect();
                assert_eq!(told, expected, "{}", fence.at);
            }
            _ => {}
        }
    }
    assert!(flows >= 25 && talks >= 30, "{flows} flows and {talks} conversations");
}

#[test]
fn every_trigger_of_the_guide_starts_what_it_says() {
    let fences = fences();
    for (place, fence) in fences.iter().enumerate().filter(|(_, fence)| fence.info == "json trigger") {
        let flow = json!({
            "triggers": [fence.json()],
            "nodes": [{ "id": "end", "type": "end" }],
        });
        let mut shelf = Shelf::default();
        put(&mut shelf, EXAMPLE, &flow, fence);
        if let Some(messages) = fences.get(place + 1).filter(|next| next.info == "messages") {
            automation_asked::starts(&shelf, messages);
        }
    }
}

#[test]
fn every_condition_of_the_guide_holds_or_does_not() {
    let fences = fences();
    let find = |info: &str| fences.iter().find(|fence| fence.info == info).unwrap().json();
    automation_asked::conditions(&find("json contact"), &find("json holds"), &find("json fails"));
}

#[test]
fn the_guide_has_an_example_of_everything() {
    let fences = fences();
    let types = |field: &str| -> BTreeSet<String> {
        let mut types = BTreeSet::new();
        let json = fences.iter().filter(|fence| fence.info.starts_with("json"));
        json.for_each(|fence| gather(&fence.json(), field, &mut types));
        types
    };
    let of_type = types("type");
    let nodes = "send_message ask condition ab_split wait set_attribute add_tag remove_tag opt_in opt_out http_request \
                 ai_reply handoff close start_flow jump end";
    let triggers = "keyword contact_created conversation_opened get_started payload ad_referral tag_added \
                    attribute_changed opt_in opt_out campaign_replied no_reply schedule api";
    let messages = "text media buttons list cta_url location template";
    let answers = "text number email phone date choice regex any";
    for name in [nodes, triggers, messages, answers].iter().flat_map(|names| names.split_whitespace()) {
        assert!(of_type.contains(name), "there is no example of `{name}`");
    }
    let operators = types("operator");
    let all = "eq ne gt gte lt lte contains not_contains starts_with in exists before after matches";
    for name in all.split_whitespace() {
        assert!(operators.contains(name), "there is no example of the operator `{name}`");
    }
}

fn put(shelf: &mut Shelf, id: FlowId, json: &Value, fence: &Fence) {
    let broken: Vec<Fault> = faults(json).into_iter().filter(|fault| fault.severity == Severity::Error).collect();
    assert!(broken.is_empty(), "{}: {broken:#?}", fence.at);
    let document: Document = serde_json::from_value(json.clone()).unwrap();
    shelf.put(id, &document).unwrap_or_else(|error| panic!("{}: {error:#}", fence.at));
}

fn faults(json: &Value) -> Vec<Fault> {
    let document: Document = serde_json::from_value(json.clone()).unwrap();
    check(&document, &Surroundings { channels: vec![Channel::WhatsApp], ..Surroundings::default() })
}

fn describe(fault: &Fault) -> String {
    let severity = if fault.severity == Severity::Error { "error" } else { "warning" };
    format!("{severity} {} {}", fault.node_id.as_deref().unwrap_or("-"), fault.code)
}

/// A flow in which `node` stands alone: what follows a way out says its name.
fn alone(node: &Value) -> Value {
    let mut nodes = vec![node.clone()];
    let mut edges = Vec::new();
    for outlet in outlets(node) {
        let id = format!("after-{outlet}");
        let message = json!({ "type": "text", "body": format!("-> {outlet}") });
        nodes.push(json!({ "id": id, "type": "send_message", "config": { "message": message } }));
        edges.push(json!({ "from": node["id"], "outlet": outlet, "to": id }));
        edges.push(json!({ "from": id, "to": "over" }));
    }
    if !edges.is_empty() {
        nodes.push(json!({ "id": "over", "type": "end" }));
    }
    json!({ "language": "en", "triggers": [{ "type": "api" }], "nodes": nodes, "edges": edges })
}

fn outlets(node: &Value) -> Vec<String> {
    let document: Document = serde_json::from_value(json!({ "nodes": [node] })).unwrap();
    let definition = document.parse().unwrap_or_else(|faults| panic!("{node}: {faults:#?}"));
    let outlets = definition.nodes[0].kind.outlets();
    [outlets.needed, outlets.optional].concat()
}

impl Fence {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.at))
    }
}

/// The blocks of the guide, page by page.
fn fences() -> Vec<Fence> {
    let pages = repository::texts("docs/en", ".md").unwrap();
    let mut fences = Vec::new();
    for page in pages.iter().filter(|page| page.path.contains("automation")) {
        let mut open: Option<Fence> = None;
        for (number, line) in (1..).zip(page.text.lines()) {
            match (line.strip_prefix("```"), open.as_mut()) {
                (Some(info), None) => {
                    let at = format!("{}:{number}", page.path);
                    open = Some(Fence { at, info: info.to_owned(), text: String::new() });
                }
                (Some(_), Some(_)) => fences.extend(open.take()),
                (None, Some(fence)) => fence.text.extend([line, "\n"]),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", page.path);
    }
    assert!(!fences.is_empty(), "the guide has no examples");
    fences
}

fn gather(json: &Value, field: &str, found: &mut BTreeSet<String>) {
    match json {
        Value::Object(object) => {
            found.extend(object.get(field).and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| gather(value, field, found));
        }
        Value::Array(list) => list.iter().for_each(|value| gather(value, field, found)),
        _ => {}
    }
}
