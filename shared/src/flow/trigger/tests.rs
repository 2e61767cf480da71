//! What starts which flow.

use serde_json::{Value, json};

use super::*;
use crate::flow::stage::{flow, incoming, plan_of, tap, world};

fn index(triggers: impl IntoIterator<Item = Value>) -> TriggerIndex {
    let plans: Vec<Plan> = triggers
        .into_iter()
        .zip(1..)
        .map(|(trigger, number)| {
            plan_of(number, json!({ "triggers": [trigger], "nodes": [{ "id": "e", "type": "end" }], "edges": [] }))
        })
        .collect();
    TriggerIndex::of(plans.iter())
}

fn keyword(matching: &str, word: &str) -> Value {
    json!({ "type": "keyword", "config": { "match": matching, "words": [word] } })
}

fn started(index: &TriggerIndex, content: Content) -> Vec<FlowId> {
    index.by_message(&incoming(content, world().now)).iter().map(|start| start.flow_id).collect()
}

fn said(index: &TriggerIndex, text: &str) -> Vec<FlowId> {
    started(index, Content::text_of(text))
}

#[test]
fn case_accents_and_what_stands_around_do_not_matter() {
    for (matching, word, text, starts) in [
        ("exact", "khuyến mãi", "Khuyen  Mai!", true),
        ("exact", "khuyen mai", "KHUYẾN MÃI", true),
        ("exact", "đơn hàng", "don hang", true),
        ("exact", "menu", "the menu", false),
        ("contains", "khuyen mai", "có khuyến mãi không?", true),
        ("contains", "mai", "email me", false),
        ("contains", "mai", "đi, mai!", true),
        ("contains", "优惠", "今天有优惠吗", true),
        ("starts_with", "đặt", "Đặt hàng", true),
        ("starts_with", "order", "orders please", true),
        ("starts_with", "order", "my order", false),
        ("regex", "đơn #?\\d+", "ĐƠN 123", true),
        ("regex", "don #?\\d+$", "xem đơn #123", true),
        ("regex", "^\\d{3}$", "1234", false),
    ] {
        let found = said(&index([keyword(matching, word)]), text);
        assert_eq!(found.len(), usize::from(starts), "{matching} {word} in {text}");
    }
}

#[test]
fn priority_decides_then_how_closely_it_fits_then_age() {
    let mut loud = keyword("contains", "help");
    loud["priority"] = json!(5);
    loud["interrupts"] = json!(true);
    let all = index([
        keyword("contains", "help"),
        keyword("exact", "help"),
        keyword("starts_with", "he"),
        keyword("exact", "HELP"),
        loud,
    ]);
    let found = said(&all, "help");
    assert_eq!(found, [flow(5), flow(2), flow(4), flow(3), flow(1)]);
    let best = all.by_message(&incoming(Content::text_of("help"), world().now))[0];
    assert!(best.interrupts && best.priority == 5 && best.version == 1);
}

#[test]
fn taps_start_by_their_payload_and_the_start_button_by_itself() {
    let all =
        index([json!({ "type": "payload", "config": { "payloads": ["MENU"] } }), json!({ "type": "get_started" })]);
    assert_eq!(started(&all, tap("MENU", "Menu")), [flow(1)]);
    assert_eq!(started(&all, tap("OTHER", "Menu")), []);
    assert_eq!(started(&all, Content::Welcome), [flow(2)]);
}

#[test]
fn an_advertisement_starts_the_flow_that_names_it_before_one_that_takes_any() {
    let any = json!({ "type": "ad_referral" });
    let named = json!({ "type": "ad_referral", "config": { "sourceIds": ["120"] } });
    let all = index([any, named]);
    let from = |source_type: &str, source_id: &str| {
        let mut message = incoming(Content::text_of("hi"), world().now);
        let (source_type, source_id) = (Some(source_type.to_owned()), Some(source_id.to_owned()));
        message.said.surroundings.referral = Some(Referral { source_type, source_id, ..Referral::default() });
        all.by_message(&message).iter().map(|start| start.flow_id).collect::<Vec<_>>()
    };
    assert_eq!(from("ad", "120"), [flow(2), flow(1)]);
    assert_eq!(from("ADS", "7"), [flow(1)]);
    assert_eq!(from("story", "7"), []);
}

#[test]
fn happenings_start_what_listens_to_them() {
    let all = index([
        json!({ "type": "contact_created" }),
        json!({ "type": "tag_added", "config": { "tags": ["vip"] } }),
        json!({ "type": "tag_added" }),
        json!({ "type": "attribute_changed", "config": { "attribute": "tier" } }),
        json!({ "type": "opt_in", "config": { "purpose": "marketing" } }),
        json!({ "type": "opt_out" }),
        json!({ "type": "campaign_replied" }),
        json!({ "type": "no_reply", "config": { "after": 3600 } }),
        json!({ "type": "api" }),
    ]);
    let started =
        |happening: Happening| all.by_happening(&happening).iter().map(|start| start.flow_id).collect::<Vec<_>>();
    let tag = |tag: &str| Happening::TagAdded { tag: tag.to_owned() };
    assert_eq!(started(Happening::ContactCreated), [flow(1)]);
    assert_eq!(started(Happening::ConversationOpened), []);
    assert_eq!(started(tag("vip")), [flow(2), flow(3)]);
    assert_eq!(started(tag("new")), [flow(3)]);
    assert_eq!(started(Happening::AttributeChanged { name: "tier".to_owned(), value: json!(1) }), [flow(4)]);
    assert_eq!(started(Happening::OptIn { purpose: Purpose::Utility }), []);
    assert_eq!(started(Happening::OptOut { purpose: Purpose::Utility }), [flow(6)]);
    assert_eq!(started(Happening::CampaignReplied { campaign_id: None }), [flow(7)]);
    assert_eq!(started(Happening::NoReply { flow_id: flow(8) }), [flow(8)]);
    assert_eq!(started(Happening::Requested { flow_id: flow(1), variables: serde_json::Map::new() }), []);
}

#[test]
fn a_thousand_keywords_of_every_kind_are_each_found() {
    let kinds = ["exact", "contains", "starts_with", "regex"];
    let all = index((0..1000).map(|n| keyword(kinds[n % 4], &format!("từ{n}x"))));
    for n in [0_u128, 1, 2, 3, 500, 998, 999] {
        assert!(said(&all, &format!("tu{n}x")).contains(&flow(n + 1)), "{n}");
    }
    assert_eq!(said(&all, "nothing of this"), []);
}
