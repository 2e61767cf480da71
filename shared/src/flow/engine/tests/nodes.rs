//! What each node does.

use serde_json::{Map, Value, json};

use crate::domain::consent::Purpose;
use crate::domain::ids::ContactId;
use crate::flow::effect::{Effect, Passage};
use crate::flow::event::{CallOutcome, Event};
use crate::flow::session::{End, Waiting};
use crate::flow::stage::{Talk, document, flow, node, say, world};

fn end() -> Value {
    node("end", "end", json!({}))
}

#[test]
fn a_text_is_said_in_the_customers_language() {
    let body = json!({ "en": "Hello {{ contact.name }}", "vi": "Chào {{ contact.name }}, {{ shop_name }} đây" });
    let hello = document(
        vec![node("a", "send_message", json!({ "message": { "type": "text", "body": body } })), end()],
        &["a next end"],
    );
    let mut somebody = world();
    assert_eq!(Talk::begin([hello.clone()], somebody.clone()).texts(), ["Hello Lan"]);
    somebody.contact.locale = Some("vi".to_owned());
    let talk = Talk::begin([hello], somebody);
    assert_eq!(talk.texts(), ["Chào Lan, Lotus đây"]);
    assert_eq!(talk.end(), Some(&End::Completed));
}

#[test]
fn what_one_node_changes_the_next_one_sees() {
    let vip = json!({ "field": "tags", "operator": "contains", "value": "vip" });
    let gold = json!({ "field": "attributes.tier", "operator": "eq", "value": "gold" });
    let nodes = vec![
        node("set", "set_attribute", json!({ "name": "tier", "value": "gold" })),
        node("tag", "add_tag", json!({ "tag": "{{ 'VIP' | lower }}" })),
        node("in", "opt_in", json!({ "purpose": "marketing" })),
        node(
            "if",
            "condition",
            json!({ "branches": [{ "name": "both", "when": { "all": [vip, gold,
            { "field": "consent.marketing", "operator": "eq", "value": true }] } }] }),
        ),
        say("yes", "{{ attributes.tier }}"),
        end(),
    ];
    let edges = ["set next tag", "tag next in", "in next if", "if both yes", "if else end", "yes next end"];
    let talk = Talk::begin([document(nodes, &edges)], world());
    assert_eq!(talk.texts(), ["gold"]);
    assert!(talk.effects.contains(&Effect::AddTag { tag: "vip".to_owned() }));
    let granted = Effect::Consent { purpose: Purpose::Marketing, granted: true, message_id: None };
    assert!(talk.effects.contains(&granted));
}

#[test]
fn a_tag_that_is_there_is_not_added_again() {
    let mut somebody = world();
    somebody.contact.tags.insert("vip".to_owned());
    let nodes =
        vec![node("a", "add_tag", json!({ "tag": "vip" })), node("b", "remove_tag", json!({ "tag": "new" })), end()];
    let talk = Talk::begin([document(nodes, &["a next b", "b next end"])], somebody);
    assert!(!talk.effects.iter().any(|effect| matches!(effect, Effect::AddTag { .. } | Effect::RemoveTag { .. })));
}

fn split() -> Value {
    let ask = json!({ "message": { "type": "text", "body": "?" }, "answer": { "type": "any" } });
    let mut goal = say("goal", "!");
    goal["goal"] = json!(true);
    let arms = json!({ "arms": [{ "name": "a", "weight": 30 }, { "name": "b", "weight": 70 }] });
    let nodes = vec![node("s", "ab_split", arms), node("q", "ask", ask), goal, end()];
    document(nodes, &["s a q", "s b q", "q answered goal", "goal next end"])
}

fn passages(talk: &Talk) -> Vec<Passage> {
    let of_arm = |effect: &Effect| match effect {
        Effect::Passed { passage, node_id, .. } if node_id == "s" => Some(passage.clone()),
        _ => None,
    };
    talk.effects.iter().filter_map(of_arm).collect()
}

#[test]
fn a_customer_always_lands_on_the_same_arm_and_all_share_as_the_weights_say() {
    let mut counts = std::collections::BTreeMap::new();
    for number in 0..1000 {
        let mut somebody = world();
        somebody.contact.id = Some(ContactId(uuid::Uuid::from_u128(number)));
        let arm = Talk::begin([split()], somebody.clone()).session.arms[0].arm.clone();
        assert_eq!(Talk::begin([split()], somebody).session.arms[0].arm, arm);
        *counts.entry(arm).or_insert(0) += 1;
    }
    assert!((250..350).contains(&counts["a"]), "{counts:?}");
}

#[test]
fn an_arm_is_told_once_of_replies_goals_and_ends() {
    let mut talk = Talk::begin([split()], world());
    let arm = talk.session.arms[0].arm.clone();
    assert_eq!(passages(&talk), [Passage::Entered, Passage::Left { outlet: arm.clone() }]);
    talk.says("yes");
    let told =
        [Passage::Replied { arm: arm.clone() }, Passage::Converted { arm: arm.clone() }, Passage::Completed { arm }];
    assert_eq!(passages(&talk), told);
}

#[test]
fn a_wait_lasts_as_long_as_it_says() {
    let wait =
        |config: Value| document(vec![node("w", "wait", config), say("a", "Now"), end()], &["w next a", "a next end"]);
    let mut talk = Talk::begin([wait(json!({ "duration": 3600 }))], world());
    assert_eq!((talk.texts(), talk.wait()), (vec![], Some((1, 3600))));
    assert!(!talk.says("hello?"), "what is said meanwhile may start another flow");
    assert!(!talk.hears(&Event::Due { wait: 2 }));
    assert!(talk.hears(&Event::Due { wait: 1 }));
    assert_eq!(talk.texts(), ["Now"]);

    // Eight in the morning in UTC is three in the afternoon in Saigon; a Saturday.
    let mut somebody = world();
    somebody.contact.timezone = Some("Asia/Ho_Chi_Minh".parse().unwrap());
    for (until, hours) in [
        (json!({ "time": "16:00" }), 1),
        (json!({ "time": "15:00" }), 24),
        (json!({ "time": "24:00" }), 9),
        (json!({ "time": "09:00", "days": ["monday"] }), 42),
        (json!({ "time": "15:00", "days": ["saturday"] }), 7 * 24),
    ] {
        let talk = Talk::begin([wait(json!({ "until": until }))], somebody.clone());
        assert_eq!(talk.wait(), Some((1, hours * 3600)), "{until}");
    }
}

#[test]
fn a_delay_holds_back_what_comes_behind_it_too() {
    let mut first = say("a", "one");
    first["config"]["delay"] = json!(60);
    let talk = Talk::begin([document(vec![first, say("b", "two"), end()], &["a next b", "b next end"])], world());
    let due = talk.world.now + chrono::TimeDelta::seconds(60);
    let held: Vec<_> = talk
        .effects
        .iter()
        .filter_map(|effect| if let Effect::Send { not_before, .. } = effect { Some(*not_before) } else { None })
        .collect();
    assert_eq!(held, [Some(due), Some(due)]);
}

fn call() -> Value {
    let request = json!({
        "method": "POST", "url": "https://shop.example/orders/{{ variables.order }}", "headers": { "X-Shop": "{{ shop_name }}" },
        "body": { "order": "{{ variables.order }}", "n": 1 }, "save": { "status": "/order/status", "gone": "/nothing" },
    });
    let nodes = vec![
        node("h", "http_request", request),
        say("ok", "{{ status }} {{ gone | default('-') }}"),
        say("no", "Sorry"),
        end(),
    ];
    document(nodes, &["h ok ok", "h failed no", "ok next end", "no next end"])
}

#[test]
fn a_call_is_an_effect_and_its_answer_an_event() {
    let with = Map::from_iter([("order".to_owned(), json!("a/../b?x")), ("gone".to_owned(), json!("old"))]);
    let mut talk = Talk::begin_with([call()], world(), with);
    let Some(Effect::Call { call, request, .. }) =
        talk.effects.iter().find(|effect| matches!(effect, Effect::Call { .. }))
    else {
        panic!("no call")
    };
    assert_eq!(request.url, "https://shop.example/orders/a%2F..%2Fb%3Fx");
    assert_eq!(request.body, Some(json!({ "order": "a/../b?x", "n": 1 })));
    assert_eq!(request.headers, [("X-Shop".to_owned(), "Lotus".to_owned())]);
    let call = *call;
    let body = json!({ "order": { "status": "on its way" } });
    assert!(
        !talk.hears(&Event::Called {
            call: call + 1,
            outcome: CallOutcome::Answered { status: 200, body: body.clone() }
        })
    );
    assert!(talk.hears(&Event::Called { call, outcome: CallOutcome::Answered { status: 200, body } }));
    assert_eq!(talk.texts(), ["on its way -"]);
}

#[test]
fn a_call_that_fails_leaves_by_failed() {
    for outcome in [
        CallOutcome::Answered { status: 404, body: json!({}) },
        CallOutcome::Failed { reason: "timed out".to_owned() },
        CallOutcome::Answered { status: 200, body: json!({ "order": { "status": "x".repeat(9000) } }) },
    ] {
        let mut talk = Talk::begin_with([call()], world(), Map::from_iter([("order".to_owned(), json!("1"))]));
        talk.hears(&Event::Called { call: 1, outcome });
        assert_eq!(talk.texts(), ["Sorry"]);
    }
}

#[test]
fn a_sub_flow_is_gone_through_and_come_back_from() {
    let outer = document(
        vec![
            say("a", "before"),
            node("sub", "start_flow", json!({ "flowId": flow(2) })),
            say("b", "after {{ said }}"),
            end(),
        ],
        &["a next sub", "sub next b", "b next end"],
    );
    let ask =
        json!({ "message": { "type": "text", "body": "inside" }, "answer": { "type": "any" }, "variable": "said" });
    let inner = document(vec![node("q", "ask", ask), end()], &["q answered end"]);
    let mut talk = Talk::begin([outer, inner], world());
    assert_eq!(talk.texts(), ["before", "inside"]);
    assert_eq!(talk.session.frames.len(), 2);
    talk.says("hm");
    assert_eq!((talk.texts(), talk.end()), (vec!["after hm".to_owned()], Some(&End::Completed)));
}

#[test]
fn an_agent_has_the_turn_where_there_is_one_and_a_person_where_there_is_none() {
    let nodes = vec![
        node("ai", "ai_reply", json!({ "instructions": "Be kind to {{ contact.name }}." })),
        node("h", "handoff", json!({})),
        end(),
    ];
    let flow = document(nodes, &["ai next end", "ai handoff h"]);
    let talk = Talk::begin([flow.clone()], world());
    assert_eq!(talk.end(), Some(&End::HandedOff));
    let mut somebody = world();
    somebody.account.answers_by_ai = true;
    let mut talk = Talk::begin([flow], somebody);
    let asked = Effect::AskAi { instructions: Some("Be kind to Lan.".to_owned()) };
    assert!(talk.effects.contains(&asked) && talk.session.waiting == Waiting::Ai);
    talk.hears(&Event::AiDone { wants_person: true });
    assert_eq!(talk.end(), Some(&End::HandedOff));
}

#[test]
fn outside_of_hours_that_hand_nothing_off_the_customer_is_told_and_nobody_called() {
    let flow = document(
        vec![node(
            "h",
            "handoff",
            json!({ "message": "We are back at nine.", "note": "{{ message.text | default('') }}" }),
        )],
        &[],
    );
    let mut somebody = world();
    let talk = Talk::begin([flow.clone()], somebody.clone());
    assert_eq!((talk.texts().len(), talk.hands_off(), talk.end()), (1, true, Some(&End::HandedOff)));
    somebody.account.hands_off = false;
    let talk = Talk::begin([flow], somebody);
    assert_eq!((talk.texts().len(), talk.hands_off(), talk.end()), (1, false, Some(&End::Completed)));
}
