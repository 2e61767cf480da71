use serde_json::{Value, json};

use super::*;

/// What `channel` says of the content that `json` is.
fn broken(channel: Channel, json: Value) -> Vec<BrokenLimit> {
    let content: Content = serde_json::from_value(json).unwrap();
    check(channel, &content).err().unwrap_or_default()
}

fn fields(channel: Channel, json: Value) -> Vec<String> {
    broken(channel, json).into_iter().map(|broken| broken.field).collect()
}

fn buttons(count: usize) -> Value {
    (0..count).map(|n| json!({ "id": format!("b{n}"), "title": format!("Button {n}") })).collect()
}

fn text(length: usize) -> Content {
    Content::text_of("ế".repeat(length))
}

#[test]
fn each_channel_has_its_own_limit_counted_in_characters() {
    for channel in Channel::ALL {
        let limit = text_limit(channel);
        assert_eq!(check(channel, &text(limit)), Ok(()));
        let broken = check(channel, &text(limit + 1)).unwrap_err();
        assert_eq!(broken[0].field, "body");
        let told = format!("is {} characters long, at most {limit}:", limit + 1);
        assert!(broken[0].problem.starts_with(&told), "{broken:?}");
    }
}

#[test]
fn a_long_value_is_quoted_by_its_beginning_alone() {
    let broken = check(Channel::WhatsApp, &text(4097)).unwrap_err();
    assert!(broken[0].problem.chars().count() < 100, "{broken:?}");
}

#[test]
fn spaces_alone_say_nothing() {
    for channel in Channel::ALL {
        assert_eq!(fields(channel, json!({ "type": "text", "body": " \n " })), ["body"]);
    }
}

#[test]
fn every_broken_limit_is_told_at_once() {
    let message = json!({
        "type": "interactive",
        "header": { "type": "text", "text": "h".repeat(61) },
        "footer": "f".repeat(61),
        "action": { "type": "buttons", "buttons": [
            { "id": "a", "title": "t".repeat(21) },
            { "id": "a", "title": "" },
        ]},
    });
    assert_eq!(
        fields(Channel::WhatsApp, message),
        ["header.text", "body", "footer", "action.buttons[0].title", "action.buttons[1].title", "action.buttons[1].id",]
    );
}

#[test]
fn what_only_comes_in_cannot_be_sent_anywhere() {
    for channel in Channel::ALL {
        for content in [
            json!({ "type": "welcome" }),
            json!({ "type": "revoke", "original": "wamid.1" }),
            json!({ "type": "unknown", "kind": "poll", "raw": {} }),
        ] {
            assert_eq!(fields(channel, content), ["type"]);
        }
    }
}

#[test]
fn what_a_channel_does_not_carry_is_named() {
    let place = json!({ "type": "location", "latitude": 10.0, "longitude": 106.0 });
    let template = json!({ "type": "template", "name": "hello", "language": "vi" });
    let reaction = json!({ "type": "reaction", "message_id": "m_1", "emoji": "👍" });
    let list = json!({ "type": "interactive", "body": "b", "action": { "type": "location_request" } });
    for channel in [Channel::Messenger, Channel::X] {
        for content in [&place, &template, &reaction] {
            let broken = broken(channel, content.clone());
            assert_eq!(broken[0].field, "type");
            assert!(broken[0].problem.contains(channel.as_str()), "{broken:?}");
        }
        assert_eq!(fields(channel, list.clone()), ["action.type"]);
    }
}

#[test]
fn messenger_takes_thirteen_quick_replies_and_no_frame() {
    let message = |count| json!({ "type": "interactive", "body": "which?", "action": { "type": "buttons", "buttons": buttons(count) } });
    assert_eq!(fields(Channel::Messenger, message(13)), [""; 0]);
    assert_eq!(fields(Channel::Messenger, message(14)), ["action.buttons"]);
    let framed = json!({ "type": "interactive", "body": "b", "footer": "f", "header": { "type": "text", "text": "h" },
        "action": { "type": "cta_url", "display_text": "Open", "url": "https://shop.example/1" } });
    assert_eq!(fields(Channel::Messenger, framed), ["header", "footer"]);
}

#[test]
fn messengers_cards_have_a_title_and_a_linked_picture() {
    let card = |kind: &str, source: Value, title: &str| {
        json!({ "header": { "kind": kind, "source": source }, "body": title,
                "action": { "type": "buttons", "buttons": buttons(1) } })
    };
    let link = json!({ "from": "link", "url": "https://shop.example/1.jpg" });
    let message = |card: Value| json!({ "type": "interactive", "action": { "type": "carousel", "cards": [card] } });
    assert_eq!(fields(Channel::Messenger, message(card("image", link.clone(), "Tea"))), [""; 0]);
    let film = fields(Channel::Messenger, message(card("video", link.clone(), "Tea")));
    assert_eq!(film, ["action.cards[0].header.kind"]);
    let by_id = card("image", json!({ "from": "platform", "id": "1" }), "Tea");
    assert_eq!(fields(Channel::Messenger, message(by_id)), ["action.cards[0].header.source"]);
    let long = card("image", link, &"t".repeat(81));
    assert_eq!(fields(Channel::Messenger, message(long)), ["action.cards[0].body"]);
}

#[test]
fn x_takes_twenty_options_with_longer_labels() {
    let message = |buttons: Value| json!({ "type": "interactive", "body": "b", "action": { "type": "buttons", "buttons": buttons } });
    assert_eq!(fields(Channel::X, message(buttons(20))), [""; 0]);
    assert_eq!(fields(Channel::X, message(buttons(21))), ["action.buttons"]);
    let long = json!([{ "id": "a", "title": "t".repeat(37) }]);
    assert_eq!(fields(Channel::X, message(long)), ["action.buttons[0].title"]);
}

#[test]
fn a_caption_has_a_place_where_the_channel_has_one() {
    let picture = json!({ "type": "image", "source": { "from": "platform", "id": "1" }, "caption": "c" });
    assert_eq!(fields(Channel::WhatsApp, picture.clone()), [""; 0]);
    assert_eq!(fields(Channel::X, picture.clone()), [""; 0]);
    assert_eq!(fields(Channel::Messenger, picture), ["caption"]);
}
