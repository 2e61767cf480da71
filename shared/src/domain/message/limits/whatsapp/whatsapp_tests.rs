use serde_json::{Value, json};

use super::*;
use crate::domain::message::limits::check as check_on;

fn fields(json: &Value) -> Vec<String> {
    let content: Content = serde_json::from_value(json.clone()).unwrap();
    let broken = check_on(Channel::WhatsApp, &content).err().unwrap_or_default();
    broken.into_iter().map(|broken| broken.field).collect()
}

/// `good` breaks nothing; with each change alone it breaks the field that is named.
pub(super) fn holds(good: &Value, changes: &[(&str, Value, &str)]) {
    assert_eq!(fields(good), [""; 0], "{good}");
    for (pointer, value, field) in changes {
        let mut bad = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match bad.pointer_mut(parent).unwrap() {
            Value::Object(object) => drop(object.insert(key.to_owned(), value.clone())),
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
            other => panic!("{other}"),
        }
        assert!(fields(&bad).contains(&(*field).to_owned()), "{pointer} = {value}: {:?}", fields(&bad));
    }
}

pub(super) fn words(length: usize) -> Value {
    "ế".repeat(length).into()
}

pub(super) fn many(count: usize, one: impl Fn(usize) -> Value) -> Value {
    (0..count).map(one).collect()
}

pub(super) fn link(kind: &str) -> Value {
    json!({ "kind": kind, "source": { "from": "link", "url": "https://shop.example/a" } })
}

#[test]
fn files() {
    let lost = json!({ "from": "lost" });
    let image = json!({ "type": "image", "source": { "from": "platform", "id": "1" }, "caption": words(1024) });
    holds(
        &image,
        &[
            ("/caption", words(1025), "caption"),
            ("/caption", json!(" "), "caption"),
            ("/source", lost, "source"),
            ("/source", json!({ "from": "link", "url": "ftp://shop.example/a" }), "source"),
            ("/source", json!({ "from": "platform", "id": "" }), "source"),
            ("/mime_type", json!("image/gif"), "mime_type"),
            ("/filename", json!("a.png"), "filename"),
            ("/voice", json!(true), "voice"),
        ],
    );
    let voice = json!({ "type": "audio", "source": { "from": "platform", "id": "1" }, "voice": true,
                        "mime_type": "audio/ogg; codecs=opus" });
    holds(&voice, &[("/mime_type", json!("audio/mpeg"), "voice"), ("/caption", json!("c"), "caption")]);
    let sticker = json!({ "type": "sticker", "source": { "from": "platform", "id": "1" }, "mime_type": "image/webp" });
    holds(&sticker, &[("/mime_type", json!("image/png"), "mime_type"), ("/caption", json!("c"), "caption")]);
}

#[test]
fn places() {
    let place = json!({ "type": "location", "latitude": -90, "longitude": 180, "name": "Quán", "address": "1 Lê Lợi" });
    holds(
        &place,
        &[
            ("/latitude", json!(90.01), "latitude"),
            ("/longitude", json!(-180.01), "longitude"),
            ("/name", json!(""), "name"),
            ("/url", json!("https://a.example"), "url"),
        ],
    );
    let nowhere = Content::Location(crate::domain::message::Location {
        latitude: f64::NAN,
        longitude: f64::INFINITY,
        name: None,
        address: None,
        url: None,
    });
    assert_eq!(check_on(Channel::WhatsApp, &nowhere).unwrap_err().len(), 2);
}

#[test]
fn cards_of_contacts() {
    let card = |_| json!({ "name": { "formatted_name": "Nguyễn An", "first_name": "An" }, "birthday": "1990-12-31" });
    let contacts = json!({ "type": "contacts", "cards": many(257, card) });
    holds(
        &contacts,
        &[
            ("/cards", many(258, card), "cards"),
            ("/cards", json!([]), "cards"),
            ("/cards/256/name", json!({ "formatted_name": "An" }), "cards[256].name"),
            ("/cards/0/name", json!({ "first_name": "An" }), "cards[0].name.formatted_name"),
            ("/cards/0/birthday", json!("31.12.1990"), "cards[0].birthday"),
            ("/origin", json!("other"), "origin"),
        ],
    );
}

#[test]
fn reactions() {
    let reaction = json!({ "type": "reaction", "message_id": "wamid.1", "emoji": "👍🏽" });
    holds(
        &reaction,
        &[
            ("/emoji", json!("ok"), "emoji"),
            ("/emoji", json!("👍👍"), "emoji"),
            ("/message_id", json!(""), "message_id"),
        ],
    );
    assert_eq!(fields(&json!({ "type": "reaction", "message_id": "wamid.1", "emoji": null })), [""; 0]);
}

#[test]
fn buttons() {
    let button = |n| json!({ "id": format!("{n}{}", "i".repeat(255)), "title": format!("{n}{}", "ế".repeat(19)) });
    let message = json!({ "type": "interactive", "body": words(1024), "footer": words(60),
        "header": { "type": "text", "text": words(60) },
        "action": { "type": "buttons", "buttons": many(3, button) } });
    holds(
        &message,
        &[
            ("/body", words(1025), "body"),
            ("/body", Value::Null, "body"),
            ("/footer", words(61), "footer"),
            ("/header/text", words(61), "header.text"),
            ("/header", json!({ "type": "media", "kind": "sticker", "source": { "from": "lost" } }), "header.kind"),
            ("/action/buttons", many(4, button), "action.buttons"),
            ("/action/buttons", json!([]), "action.buttons"),
            ("/action/buttons/1/title", words(21), "action.buttons[1].title"),
            ("/action/buttons/2/title", button(0)["title"].clone(), "action.buttons[2].title"),
            ("/action/buttons/1/id", words(257), "action.buttons[1].id"),
            ("/action/buttons/2/id", button(0)["id"].clone(), "action.buttons[2].id"),
        ],
    );
}

#[test]
fn lists() {
    let row = |n| json!({ "id": format!("{n:0200}"), "title": words(24), "description": words(72) });
    let sections = json!([
        { "title": words(24), "rows": many(5, row) },
        { "title": words(24), "rows": many(5, |n| row(n + 5)) },
    ]);
    let message = json!({ "type": "interactive", "body": words(4096), "footer": words(60),
        "header": { "type": "text", "text": words(60) },
        "action": { "type": "list", "button": words(20), "sections": sections } });
    holds(
        &message,
        &[
            ("/body", words(4097), "body"),
            ("/header", json!({ "type": "media", "kind": "image", "source": { "from": "lost" } }), "header.type"),
            ("/action/button", words(21), "action.button"),
            ("/action/sections", many(11, |n| json!({ "title": "t", "rows": [row(n)] })), "action.sections"),
            ("/action/sections/0/rows", many(6, |n| row(n + 20)), "action.sections"),
            ("/action/sections/0/rows", json!([]), "action.sections[0].rows"),
            ("/action/sections/1/title", Value::Null, "action.sections[1].title"),
            ("/action/sections/1/title", words(25), "action.sections[1].title"),
            ("/action/sections/1/rows/0/id", words(201), "action.sections[1].rows[0].id"),
            ("/action/sections/1/rows/0/id", row(0)["id"].clone(), "action.sections[1].rows[0].id"),
            ("/action/sections/0/rows/4/title", words(25), "action.sections[0].rows[4].title"),
            ("/action/sections/0/rows/4/description", words(73), "action.sections[0].rows[4].description"),
        ],
    );
    let single = json!({ "type": "interactive", "body": "b",
        "action": { "type": "list", "button": "Open", "sections": [{ "rows": [row(1)] }] } });
    assert_eq!(fields(&single), [""; 0], "one section needs no heading");
}

#[test]
fn pages_places_and_forms() {
    let page = json!({ "type": "interactive", "body": "b", "header": link("image").as_object().map(|file| {
            let mut file = file.clone();
            file.insert("type".to_owned(), "media".into());
            file
        }), "action": { "type": "cta_url", "display_text": words(20), "url": "https://shop.example/1" } });
    holds(
        &page,
        &[
            ("/action/display_text", words(21), "action.display_text"),
            ("/action/url", json!("shop.example"), "action.url"),
            ("/action/url", json!("javascript:alert(1)"), "action.url"),
            ("/action/url", json!(format!("https://a.example/{}", "x".repeat(2000))), "action.url"),
        ],
    );
    let place = json!({ "type": "interactive", "body": words(1024), "action": { "type": "location_request" } });
    let line = json!({ "type": "text", "text": "h" });
    holds(&place, &[("/body", words(1025), "body"), ("/header", line, "header"), ("/footer", json!("f"), "footer")]);
    let form = json!({ "type": "interactive", "body": "b", "action": { "type": "flow", "flow": { "id": "1" },
        "cta": words(30), "token": "t", "screen": "START", "data": { "a": 1 } } });
    holds(
        &form,
        &[
            ("/action/cta", words(31), "action.cta"),
            ("/action/cta", json!("Book 📅"), "action.cta"),
            ("/action/token", json!(""), "action.token"),
            ("/action/flow", json!({ "name": " " }), "action.flow.name"),
            ("/action/screen", Value::Null, "action.data"),
            ("/action/data", json!({}), "action.data"),
        ],
    );
}
