//! How messages go out.

use serde_json::{Value, json};

use crate::domain::channel::Channel;
use crate::domain::message::Content;
use crate::flow::effect::{Effect, Outgoing};
use crate::flow::stage::{Talk, document, node, say, world};

fn end() -> Value {
    node("end", "end", json!({}))
}

#[test]
fn templates_go_by_id_or_by_name() {
    let by_id = json!({ "type": "template", "templateId": uuid::Uuid::from_u128(5), "variables": { "name": "{{ contact.name }}" } });
    let by_name = json!({ "type": "template", "name": "order_ready", "variables": { "2": "b", "10": "c", "1": "{{ contact.name }}" } });
    let nodes = vec![
        node("a", "send_message", json!({ "message": by_id })),
        node("b", "send_message", json!({ "message": by_name })),
        end(),
    ];
    let talk = Talk::begin([document(nodes, &["a next b", "b next end"])], world());
    let Effect::Send { content: Outgoing::TemplateById { variables, .. }, .. } = &talk.effects[1] else {
        panic!("{:?}", talk.effects)
    };
    assert_eq!(variables["name"], "Lan");
    let [Content::Template(template)] = &talk.contents()[..] else { panic!("no template") };
    let json = serde_json::to_value(&template.body).unwrap();
    assert_eq!(
        json.as_array().unwrap().iter().map(|place| place["text"].as_str().unwrap()).collect::<Vec<_>>(),
        ["Lan", "b", "c"]
    );
}

#[test]
fn ids_of_messages_are_the_same_each_time_and_in_order() {
    let flow =
        document(vec![say("a", "1"), say("b", "2"), say("c", "3"), end()], &["a next b", "b next c", "c next end"]);
    let ids = |talk: &Talk| -> Vec<_> {
        talk.effects
            .iter()
            .filter_map(|effect| if let Effect::Send { message_id, .. } = effect { Some(*message_id) } else { None })
            .collect()
    };
    let (first, again) = (Talk::begin([flow.clone()], world()), Talk::begin([flow], world()));
    assert_eq!(ids(&first), ids(&again));
    assert!(ids(&first).is_sorted() && ids(&first).len() == 3);
    let (seconds, _) = ids(&first)[0].0.get_timestamp().unwrap().to_unix();
    assert_eq!(i64::try_from(seconds).unwrap(), first.world.now.timestamp());
}

#[test]
fn what_a_channel_does_not_carry_breaks_the_flow_before_it_is_queued() {
    let mut somebody = world();
    somebody.account.channel = Channel::X;
    let place = json!({ "message": { "type": "location", "latitude": 1.0, "longitude": 2.0 } });
    let talk = Talk::begin([document(vec![node("a", "send_message", place), end()], &["a next end"])], somebody);
    assert_eq!(talk.failure(), Some("message_not_carried"));
}
