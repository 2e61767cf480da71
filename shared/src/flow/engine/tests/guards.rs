//! What keeps a broken flow from doing harm.

use serde_json::{Map, Value, json};

use crate::domain::ids::MessageId;
use crate::flow::effect::Effect;
use crate::flow::engine::{self, LARGEST_SESSION, MOST_FRAMES, MOST_VISITS};
use crate::flow::event::Event;
use crate::flow::session::{End, Waiting};
use crate::flow::stage::{Talk, document, flow, node, say, world};

fn any() -> Value {
    json!({ "message": { "type": "text", "body": "?" }, "answer": { "type": "any" } })
}

#[test]
fn a_loop_without_a_wait_ends_and_tells_the_author() {
    let talk =
        Talk::begin([document(vec![say("a", "x"), node("b", "jump", json!({ "to": "a" }))], &["a next b"])], world());
    assert_eq!(talk.failure(), Some("too_many_nodes"));
    assert_eq!(talk.texts().len(), MOST_VISITS as usize / 2);
    assert!(talk.hands_off());
}

#[test]
fn a_flow_that_starts_itself_ends() {
    let itself = document(
        vec![node("a", "start_flow", json!({ "flowId": flow(1) })), node("e", "end", json!({}))],
        &["a next e"],
    );
    let talk = Talk::begin([itself], world());
    assert_eq!((talk.failure(), talk.session.frames.len()), (Some("too_deep"), MOST_FRAMES));
    let unknown = document(
        vec![node("a", "start_flow", json!({ "flowId": flow(8) })), node("e", "end", json!({}))],
        &["a next e"],
    );
    assert_eq!(Talk::begin([unknown], world()).failure(), Some("flow_not_found"));
}

#[test]
fn a_text_that_cannot_be_filled_hands_the_conversation_over_and_says_why() {
    let talk =
        Talk::begin([document(vec![say("a", "before"), say("b", "Dear {{ contact.email }}")], &["a next b"])], world());
    let Some(End::Failed(failure)) = talk.end() else { panic!("{:?}", talk.effects) };
    assert_eq!((failure.code.as_str(), failure.node_id.as_str()), ("text_not_rendered", "b"));
    assert_eq!(talk.texts(), ["before"], "what was said before is said");
    assert!(talk.hands_off() && talk.session.waiting == Waiting::Over);
}

#[test]
fn a_missing_edge_hands_the_conversation_over() {
    assert_eq!(Talk::begin([document(vec![say("a", "x")], &[])], world()).failure(), Some("no_way_out"));
}

#[test]
fn a_message_that_never_arrives_ends_the_flow_that_said_it() {
    let mut talk = Talk::begin([document(vec![say("a", "x"), node("q", "ask", any())], &["a next q"])], world());
    talk.sent();
    let failed =
        |message_id: MessageId| Event::SendFailed { message_id, code: "131026".to_owned(), reason: "no".to_owned() };
    assert!(!talk.hears(&failed(MessageId(uuid::Uuid::from_u128(1)))), "another's message is not its business");
    let Effect::Send { message_id, .. } = Talk::begin([document(vec![say("a", "x")], &[])], world()).effects[1].clone()
    else {
        panic!("nothing was said")
    };
    assert!(talk.hears(&failed(message_id)));
    assert_eq!(talk.failure(), Some("send_failed"));
    assert!(!talk.says("hello?"), "what is over hears nothing");
}

#[test]
fn what_is_learnt_is_bounded() {
    let many: Map<String, Value> = (0..20).map(|n| (format!("v{n}"), json!("x".repeat(4000)))).collect();
    let talk = Talk::begin_with([document(vec![node("q", "ask", any())], &[])], world(), many);
    assert_eq!(talk.failure(), Some("session_too_large"));
    assert!(serde_json::to_vec(&talk.session).unwrap().len() < LARGEST_SESSION / 10);
}

#[test]
fn a_session_is_ended_from_outside_once() {
    let mut ask = any();
    ask["timeout"] = json!(60);
    let mut talk = Talk::begin([document(vec![node("q", "ask", ask)], &[])], world());
    talk.sent();
    let (wait, _) = talk.wait().unwrap();
    let ended = engine::end(talk.session.clone(), End::Expired);
    assert_eq!(ended.effects, [Effect::Forget { wait }, Effect::Ended(End::Expired)]);
    assert_eq!(engine::end(ended.session, End::Stopped).effects, []);
}
