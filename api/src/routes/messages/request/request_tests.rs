use serde_json::{Value, json};

use super::*;

fn asked(channel: Channel, body: Value) -> Result<SendRequest, Vec<String>> {
    read(channel, Json::from(body)).map_err(|error| match error {
        ApiError::Invalid(problems) => problems.into_iter().map(|problem| problem.field).collect(),
        other => panic!("{other}"),
    })
}

fn contents(body: Value) -> Vec<Value> {
    let request = asked(Channel::WhatsApp, body).unwrap();
    request.contents.iter().map(|content| serde_json::to_value(content).unwrap()).collect()
}

fn wrong(body: Value) -> Vec<String> {
    asked(Channel::WhatsApp, body).map(|request| request.contents).unwrap_err()
}

#[test]
fn several_files_are_several_messages_and_the_words_stand_under_the_first() {
    let id = "0198a000-0000-7000-8000-000000000001";
    let body = json!({ "type": "image", "content": "Trà", "attachments": [
        { "url": "https://shop.example/1.jpg" },
        { "mediaId": id, "caption": "Bánh" },
        { "type": "document", "platformId": "77", "filename": "menu.pdf" },
    ]});
    assert_eq!(
        contents(body),
        [
            json!({ "type": "image", "source": { "from": "link", "url": "https://shop.example/1.jpg" }, "caption": "Trà" }),
            json!({ "type": "image", "source": { "from": "stored", "media_id": id }, "caption": "Bánh" }),
            json!({ "type": "document", "source": { "from": "platform", "id": "77" }, "filename": "menu.pdf" }),
        ]
    );
}

#[test]
fn a_text_may_have_files_behind_it() {
    let file = json!({ "type": "image", "url": "https://shop.example/1.jpg" });
    let kinds = |body| contents(body).iter().map(|content| content["type"].clone()).collect::<Vec<_>>();
    assert_eq!(kinds(json!({ "type": "text", "content": "Look", "attachments": [file] })), ["text", "image"]);
    assert_eq!(kinds(json!({ "type": "text", "content": "", "attachments": [file] })), ["image"]);
}

#[test]
fn everything_else_is_spelled_as_the_rest_of_the_api() {
    let body = json!({ "type": "interactive", "interactive": { "body": "b", "action": {
        "type": "cta_url", "displayText": "Open", "url": "https://shop.example" } } });
    assert_eq!(contents(body)[0]["action"]["display_text"], "Open");
    let body = json!({ "type": "template", "template": { "name": "sale", "language": "vi", "body": [
        { "kind": "currency", "fallback": "5 đ", "code": "VND", "amount1000": 5000 }] } });
    assert_eq!(contents(body)[0]["body"][0]["amount_1000"], 5000);
    let body = json!({ "type": "contacts", "contacts": [{ "name": { "formattedName": "An", "firstName": "An" } }] });
    assert_eq!(contents(body)[0]["cards"][0]["name"]["first_name"], "An");
    let body = json!({ "type": "reaction", "reaction": { "messageId": "wamid.1", "emoji": "" } });
    assert_eq!(contents(body)[0]["emoji"], Value::Null);
}

#[test]
fn every_wrong_field_is_named_as_the_request_has_it() {
    let two = json!({ "type": "interactive", "reference": "", "interactive": { "footer": "f".repeat(61), "action": {
        "type": "cta_url", "displayText": "t".repeat(21), "url": "shop" } } });
    let fields = [
        "reference",
        "interactive.body",
        "interactive.footer",
        "interactive.action.displayText",
        "interactive.action.url",
    ];
    assert_eq!(wrong(two), fields);
    let file = json!({ "type": "image", "attachments": [{ "url": "ftp://a", "caption": "c".repeat(1025) }, {}] });
    assert_eq!(wrong(file), ["attachments[1]", "attachments[0].url", "attachments[0].caption"]);
    let cards = json!({ "type": "contacts", "contacts": [{ "name": { "formattedName": "An" } }] });
    assert_eq!(wrong(cards), ["contacts[0].name"]);
}

#[test]
fn fields_that_nobody_knows_are_named_however_deep_they_lie() {
    for (body, field) in [
        (json!({ "type": "location", "location": { "latitude": 1, "longitude": 2, "colour": 1 } }), "location.colour"),
        (
            json!({ "type": "interactive", "interactive": { "body": "b", "action": { "type": "list", "button": "b",
                "sections": [{ "rows": [{ "id": "1", "title": "t" }] }], "badField": 1 } } }),
            "interactive.action.badField",
        ),
        (
            json!({ "type": "template", "template": { "name": "t", "language": "vi", "body": [
                { "kind": "text", "text": "a", "textt": "b" }] } }),
            "template.body[0].textt",
        ),
    ] {
        assert_eq!(wrong(body), [field]);
    }
}

#[test]
fn what_the_type_has_no_place_for_is_refused() {
    let place = json!({ "latitude": 1, "longitude": 2 });
    assert_eq!(wrong(json!({ "type": "text", "content": "a", "location": place })), ["location"]);
    assert_eq!(wrong(json!({ "type": "location", "location": place, "content": "a" })), ["content"]);
    assert_eq!(wrong(json!({ "type": "location" })), ["location"]);
    assert_eq!(wrong(json!({ "type": "image" })), ["attachments"]);
    assert_eq!(wrong(json!({ "type": "hologram" })), ["type"]);
    let reaction = json!({ "messageId": "wamid.1", "emoji": "👍" });
    assert_eq!(wrong(json!({ "type": "reaction", "reaction": reaction, "replyTo": "wamid.2" })), ["replyTo"]);
    assert_eq!(asked(Channel::Messenger, json!({ "type": "location", "location": place })).unwrap_err(), ["type"]);
}
