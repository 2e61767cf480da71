use serde_json::{Value, json};

use super::whatsapp_tests::{holds, link, many, words};

#[test]
fn carousels() {
    let card = |_| {
        json!({ "header": link("image"), "body": words(160),
                "action": { "type": "cta_url", "display_text": "Buy", "url": "https://shop.example/1" } })
    };
    let reply = json!({ "type": "buttons", "buttons": [{ "id": "a", "title": "A" }] });
    let message = json!({ "type": "interactive", "body": words(1024),
        "action": { "type": "carousel", "cards": many(10, card) } });
    holds(
        &message,
        &[
            ("/body", words(1025), "body"),
            ("/body", Value::Null, "body"),
            ("/footer", json!("f"), "footer"),
            ("/action/cards", many(1, card), "action.cards"),
            ("/action/cards", many(11, card), "action.cards"),
            ("/action/cards/3/body", words(161), "action.cards[3].body"),
            ("/action/cards/3/body", json!("a\nb\nc\nd"), "action.cards[3].body"),
            ("/action/cards/3/header", link("video"), "action.cards[3].header.kind"),
            ("/action/cards/0/header", link("document"), "action.cards[0].header.kind"),
            ("/action/cards/3/action", reply, "action.cards[3].action"),
            ("/action/cards/9/action/display_text", words(21), "action.cards[9].action.display_text"),
        ],
    );
}

#[test]
fn products() {
    let one = json!({ "type": "interactive", "action": { "type": "product", "catalog_id": "c", "product_retailer_id": "p" } });
    let line = json!({ "type": "text", "text": "h" });
    holds(
        &one,
        &[
            ("/header", line.clone(), "header"),
            ("/body", words(1025), "body"),
            ("/action/catalog_id", json!(""), "action.catalog_id"),
            ("/action/product_retailer_id", json!(" "), "action.product_retailer_id"),
        ],
    );
    let section = |products: usize| json!({ "title": words(24), "product_retailer_ids": many(products, |n| format!("p{n}").into()) });
    let several = json!({ "type": "interactive", "header": line, "body": "b",
        "action": { "type": "product_list", "catalog_id": "c", "sections": many(10, |_| section(3)) } });
    holds(
        &several,
        &[
            ("/header", Value::Null, "header"),
            ("/body", Value::Null, "body"),
            ("/action/sections", many(11, |_| section(1)), "action.sections"),
            ("/action/sections/0", section(4), "action.sections"),
            ("/action/sections/0", section(0), "action.sections[0].product_retailer_ids"),
            ("/action/sections/2/title", words(25), "action.sections[2].title"),
        ],
    );
    let all = json!({ "type": "interactive", "body": "b", "footer": "f", "action": { "type": "catalog" } });
    holds(
        &all,
        &[
            ("/footer", words(61), "footer"),
            ("/action/thumbnail_product_retailer_id", json!(""), "action.thumbnail_product_retailer_id"),
        ],
    );
}

#[test]
fn templates() {
    let text = |text: &str| json!({ "kind": "text", "text": text });
    let button = |index: usize| json!({ "index": index, "value": { "type": "quick_reply", "payload": "p" } });
    let template = json!({ "type": "template", "name": "order_ready_2", "language": "vi",
        "header": { "type": "text", "kind": "text", "text": words(60) },
        "body": [text("An"), text("12")], "buttons": many(10, button) });
    let money = json!({ "kind": "currency", "fallback": "5 đ", "code": "vnd", "amount_1000": 5000 });
    let url = |text: &str| json!({ "index": 0, "value": { "type": "url", "text": text } });
    let code = json!({ "index": 0, "value": { "type": "copy_code", "code": words(21) } });
    let payload = json!({ "index": 0, "value": { "type": "quick_reply", "payload": words(257) } });
    holds(
        &template,
        &[
            ("/name", json!("Order Ready"), "name"),
            ("/name", json!("a".repeat(513)), "name"),
            ("/name", json!(""), "name"),
            ("/language", json!("vietnamese"), "language"),
            ("/language", json!("EN"), "language"),
            ("/header/text", words(61), "header.text"),
            ("/header", json!({ "type": "media", "kind": "audio", "source": { "from": "lost" } }), "header.kind"),
            ("/header", json!({ "type": "location", "latitude": 91, "longitude": 0 }), "header.latitude"),
            ("/body/0", text(""), "body[0].text"),
            ("/body/0", text("a\nb"), "body[0].text"),
            ("/body/0", text("a\tb"), "body[0].text"),
            ("/body/0", text("a     b"), "body[0].text"),
            ("/body/0", json!({ "kind": "text", "text": words(1025) }), "body[0].text"),
            ("/body/0/name", json!("customer"), "body"),
            ("/body/0/name", json!("1st"), "body[0].name"),
            ("/body/1", money, "body[1].code"),
            ("/buttons", many(11, |n| button(n % 10)), "buttons"),
            ("/buttons/9", button(10), "buttons[9].index"),
            ("/buttons/9", button(0), "buttons[9].index"),
            ("/buttons/0", url(""), "buttons[0].value.text"),
            ("/buttons/0", url("a b"), "buttons[0].value.text"),
            ("/buttons/0", code, "buttons[0].value.code"),
            ("/buttons/0", payload, "buttons[0].value.payload"),
        ],
    );
}

#[test]
fn carousels_of_templates() {
    let card = |_| json!({ "header": link("image"), "body": [{ "kind": "text", "text": "Tea" }] });
    let template = json!({ "type": "template", "name": "offers", "language": "en_US", "cards": many(2, card) });
    holds(
        &template,
        &[
            ("/cards", many(1, card), "cards"),
            ("/cards", many(11, card), "cards"),
            ("/cards/1/header", link("video"), "cards[1].header.kind"),
            ("/cards/1/header", link("document"), "cards[1].header.kind"),
            ("/cards/1/body/0/text", json!(""), "cards[1].body[0].text"),
            (
                "/cards/1/buttons",
                json!([{ "index": 2, "value": { "type": "url", "text": "x" } }]),
                "cards[1].buttons[0].index",
            ),
        ],
    );
}

#[test]
fn named_places_are_named_once() {
    let named = |name: &str| json!({ "name": name, "kind": "text", "text": "An" });
    let template =
        json!({ "type": "template", "name": "hello", "language": "vi", "body": [named("customer"), named("day")] });
    holds(&template, &[("/body/1", named("customer"), "body[1].name")]);
}
