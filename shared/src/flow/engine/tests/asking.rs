//! Questions: answers, answers that are none, and answers that do not come.

use serde_json::{Value, json};

use crate::domain::message::Content;
use crate::domain::message::interactive::Action;
use crate::flow::effect::Effect;
use crate::flow::event::Event;
use crate::flow::session::{End, Waiting};
use crate::flow::stage::{Talk, document, node, say, tap, world};

fn ask(answer: Value, more: &[(&str, Value)]) -> Value {
    let mut config = json!({ "message": { "type": "text", "body": "Well?" }, "variable": "said" });
    config["answer"] = answer;
    for (name, value) in more {
        config[*name] = value.clone();
    }
    document(
        vec![
            node("q", "ask", config),
            say("good", "Thanks: {{ said }}"),
            say("bad", "Never mind."),
            say("late", "Still there?"),
            node("end", "end", json!({})),
        ],
        &["q answered good", "q failed bad", "q timed_out late", "good next end", "bad next end", "late next end"],
    )
}

fn size() -> Value {
    json!({ "type": "choice", "choices": [
        { "id": "s", "title": "Small" }, { "id": "l", "title": { "en": "Large", "vi": "Lớn" } },
    ]})
}

#[test]
fn an_answer_is_kept_and_the_flow_goes_on() {
    let mut talk = Talk::begin([ask(json!({ "type": "number", "min": 1 }), &[])], world());
    assert_eq!(talk.texts(), ["Well?"]);
    assert!(talk.says(" 1 200 "));
    assert_eq!((talk.texts(), talk.end()), (vec!["Thanks: 1200".to_owned()], Some(&End::Completed)));
}

#[test]
fn what_is_no_answer_is_asked_for_again_and_then_fails() {
    let again = json!({ "times": 1, "message": "A number, please." });
    let mut talk = Talk::begin([ask(json!({ "type": "number" }), &[("again", again)])], world());
    let first = talk.question();
    assert!(talk.says("many"));
    assert_eq!(talk.texts(), ["A number, please."]);
    assert_ne!(talk.question(), first);
    assert!(talk.says("a lot"));
    assert_eq!(talk.texts(), ["Never mind."]);
}

#[test]
fn the_time_to_answer_begins_when_the_question_was_sent() {
    let mut talk = Talk::begin([ask(json!({ "type": "text" }), &[("timeout", json!(600))])], world());
    assert_eq!(talk.wait(), None);
    talk.later(300);
    assert!(talk.sent());
    let (wait, seconds) = talk.wait().unwrap();
    assert_eq!(seconds, 600);
    assert!(talk.sent() || talk.effects.is_empty(), "told twice, it waits once");
    talk.later(600);
    assert!(talk.hears(&Event::Due { wait }));
    assert_eq!(talk.texts(), ["Still there?"]);
}

#[test]
fn an_answer_that_is_faster_than_the_news_of_the_send_leaves_no_wait_behind() {
    let question = ask(json!({ "type": "text" }), &[("timeout", json!(600))]);
    let mut talk = Talk::begin([question.clone()], world());
    let message_id = talk.question();
    assert!(talk.says("here"));
    let at = talk.world.now;
    assert!(!talk.hears(&Event::Sent { message_id, at }));
    assert_eq!(talk.effects, []);

    let mut talk = Talk::begin([question], world());
    talk.sent();
    let (wait, _) = talk.wait().unwrap();
    assert!(talk.says("in time"));
    assert!(talk.effects.contains(&Effect::Forget { wait }));
    assert!(!talk.hears(&Event::Due { wait }), "a wait that came anyway is nobody's");
}

#[test]
fn each_time_it_is_asked_the_time_to_answer_begins_anew() {
    let mut talk = Talk::begin([ask(json!({ "type": "number" }), &[("timeout", json!(60))])], world());
    let first = talk.question();
    talk.sent();
    let (old, _) = talk.wait().unwrap();
    talk.says("what?");
    assert!(talk.effects.contains(&Effect::Forget { wait: old }));
    let at = talk.world.now;
    assert!(!talk.hears(&Event::Sent { message_id: first, at }), "the older question's time is over");
    assert!(talk.sent());
    let (new, _) = talk.wait().unwrap();
    assert_ne!(old, new);
    assert!(!talk.hears(&Event::Due { wait: old }));
    assert!(talk.hears(&Event::Due { wait: new }));
}

#[test]
fn a_choice_is_tapped_or_written_in_any_way_that_tells_it() {
    for said in [
        tap("l", "Large"),
        Content::text_of("LỚN"),
        Content::text_of("lon"),
        Content::text_of("2."),
        Content::text_of("l"),
    ] {
        let mut talk = Talk::begin([ask(size(), &[])], world());
        talk.gets(said.clone());
        assert_eq!(talk.texts(), ["Thanks: l"], "{said:?}");
    }
    for said in [tap("other", "Large"), Content::text_of("3"), Content::text_of("0"), Content::text_of("...")] {
        let mut talk = Talk::begin([ask(size(), &[])], world());
        talk.gets(said.clone());
        assert_eq!(talk.texts(), ["Well?"], "{said:?}");
    }
}

#[test]
fn a_choice_with_an_edge_of_its_own_leaves_by_it() {
    let mut flow = ask(size(), &[]);
    flow["edges"].as_array_mut().unwrap().push(json!({ "from": "q", "outlet": "l", "to": "late" }));
    let mut talk = Talk::begin([flow.clone()], world());
    talk.gets(tap("l", "Large"));
    assert_eq!(talk.texts(), ["Still there?"]);
    let mut talk = Talk::begin([flow], world());
    talk.gets(tap("s", "Small"));
    assert_eq!(talk.texts(), ["Thanks: s"]);
}

#[test]
fn choices_are_shown_as_buttons_or_as_a_list() {
    let shown = |talk: &Talk| match &talk.contents()[..] {
        [Content::Interactive(message)] => message.action.clone(),
        other => panic!("{other:?}"),
    };
    let talk = Talk::begin([ask(size(), &[])], world());
    assert!(matches!(shown(&talk), Action::Buttons { buttons } if buttons.len() == 2));
    let four: Vec<Value> = (1..=4).map(|n| json!({ "id": n.to_string(), "title": format!("No. {n}") })).collect();
    let mut somebody = world();
    somebody.contact.locale = Some("vi_VN".to_owned());
    let talk = Talk::begin([ask(json!({ "type": "choice", "choices": four }), &[])], somebody);
    let Action::List { button, sections } = shown(&talk) else { panic!("no list") };
    assert_eq!((button.as_str(), sections[0].rows.len()), ("Chọn", 4));
}

#[test]
fn a_reaction_and_the_platforms_news_are_no_answers() {
    let mut talk = Talk::begin([ask(json!({ "type": "any" }), &[])], world());
    assert!(!talk.gets(Content::Reaction { message_id: "x".to_owned(), emoji: Some("👍".to_owned()) }));
    assert!(matches!(talk.session.waiting, Waiting::Answer { asked: 1, .. }));
}

#[test]
fn without_an_edge_for_it_a_person_helps_who_gives_no_answer() {
    let mut flow = ask(json!({ "type": "email" }), &[("again", json!({ "times": 0 }))]);
    flow["edges"].as_array_mut().unwrap().retain(|edge| edge["outlet"] != "failed");
    let mut talk = Talk::begin([flow], world());
    talk.says("no");
    assert_eq!(talk.end(), Some(&End::HandedOff));
    assert!(talk.hands_off());
}

#[test]
fn an_answer_becomes_an_attribute_that_the_next_nodes_see() {
    let mut flow = ask(json!({ "type": "email" }), &[("attribute", json!("mail"))]);
    flow["nodes"][1]["config"]["message"]["body"] = json!("{{ attributes.mail }}");
    let mut talk = Talk::begin([flow], world());
    talk.says("lan@example.com");
    assert_eq!(talk.texts(), ["lan@example.com"]);
    let set = Effect::SetAttribute { name: "mail".to_owned(), value: json!("lan@example.com") };
    assert!(talk.effects.contains(&set));
}
