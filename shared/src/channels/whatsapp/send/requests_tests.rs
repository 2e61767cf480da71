//! Each type as the platform documents it.

use serde_json::{Value, json};

use super::body;
use crate::channels::contract::{OutboundMessage, SendOutcome};
use crate::domain::identity::Identity;
use crate::domain::message::Content;
use crate::domain::window::Window;

fn request(content: Value) -> Result<Value, &'static str> {
    let content: Content = serde_json::from_value(content).unwrap();
    let to = [Identity::whatsapp("84911111111").unwrap()];
    body::of(&OutboundMessage {
        outbound_ref: "loa:0198a000-0000-7000-8000-000000000001:1".parse().unwrap(),
        to: &to,
        content: &content,
        window: Window::Open,
        reply_to: Some("wamid.0"),
    })
}

/// The request's own part: the type and the object of its name.
fn said(content: Value) -> (String, Value) {
    let request = request(content).unwrap();
    assert_eq!(request["context"], json!({ "message_id": "wamid.0" }));
    assert_eq!(request["to"], "+84911111111");
    let kind = request["type"].as_str().unwrap().to_owned();
    let said = request[&kind].clone();
    (kind, said)
}

fn interactive(content: Value) -> Value {
    let (kind, said) = said(content);
    assert_eq!(kind, "interactive");
    said
}

#[test]
fn files_go_by_id_or_by_link() {
    let by_id = json!({ "from": "platform", "id": "77" });
    let by_link = json!({ "from": "link", "url": "https://shop.example/a" });
    for kind in ["image", "video"] {
        let content = json!({ "type": kind, "source": by_id, "caption": "Trà" });
        assert_eq!(said(content), (kind.to_owned(), json!({ "id": "77", "caption": "Trà" })));
    }
    let audio = json!({ "type": "audio", "source": by_link, "voice": true });
    assert_eq!(said(audio).1, json!({ "link": "https://shop.example/a", "voice": true }));
    let document = json!({ "type": "document", "source": by_id, "filename": "hoá đơn.pdf" });
    assert_eq!(said(document).1, json!({ "id": "77", "filename": "hoá đơn.pdf" }));
    assert_eq!(said(json!({ "type": "sticker", "source": by_id })).1, json!({ "id": "77" }));
}

#[test]
fn a_file_that_the_platform_cannot_have_is_not_sent() {
    let stored = json!({ "from": "stored", "media_id": "0198a000-0000-7000-8000-000000000001" });
    for source in [stored, json!({ "from": "lost" })] {
        assert!(request(json!({ "type": "image", "source": source })).is_err());
    }
    assert!(request(json!({ "type": "welcome" })).is_err());
}

#[test]
fn places_contacts_and_reactions() {
    let place = json!({ "type": "location", "latitude": 10.7, "longitude": 106.7, "name": "Quán" });
    assert_eq!(said(place).1, json!({ "latitude": 10.7, "longitude": 106.7, "name": "Quán" }));
    let card = json!({ "name": { "formatted_name": "Nguyễn An", "first_name": "An" },
                       "phones": [{ "phone": "+84 90", "type": "CELL" }] });
    let contacts = json!({ "type": "contacts", "cards": [card] });
    assert_eq!(said(contacts), ("contacts".to_owned(), json!([card])));
    for (given, sent) in [(json!("👍"), "👍"), (Value::Null, "")] {
        let reaction = json!({ "type": "reaction", "message_id": "wamid.7", "emoji": given });
        assert_eq!(said(reaction).1, json!({ "message_id": "wamid.7", "emoji": sent }));
    }
}

#[test]
fn buttons_and_lists() {
    let buttons = json!({
        "type": "interactive", "header": { "type": "text", "text": "Order" }, "body": "Ready?", "footer": "Loa",
        "action": { "type": "buttons", "buttons": [{ "id": "y", "title": "Yes" }] },
    });
    assert_eq!(
        interactive(buttons),
        json!({
            "type": "button", "header": { "type": "text", "text": "Order" }, "body": { "text": "Ready?" },
            "footer": { "text": "Loa" },
            "action": { "buttons": [{ "type": "reply", "reply": { "id": "y", "title": "Yes" } }] },
        })
    );
    let row = json!({ "id": "1", "title": "Tea", "description": "green" });
    let list = json!({ "type": "interactive", "body": "Pick",
        "action": { "type": "list", "button": "Menu", "sections": [{ "title": "Hot", "rows": [row] }] } });
    assert_eq!(
        interactive(list),
        json!({ "type": "list", "body": { "text": "Pick" },
                "action": { "button": "Menu", "sections": [{ "title": "Hot", "rows": [row] }] } })
    );
}

#[test]
fn pages_and_places_to_ask_for() {
    let page = json!({ "type": "interactive", "body": "Look",
        "header": { "type": "media", "kind": "document", "source": { "from": "platform", "id": "7" }, "filename": "a.pdf" },
        "action": { "type": "cta_url", "display_text": "Open", "url": "https://shop.example" } });
    assert_eq!(
        interactive(page),
        json!({ "type": "cta_url", "body": { "text": "Look" },
                "header": { "type": "document", "document": { "id": "7", "filename": "a.pdf" } },
                "action": { "name": "cta_url", "parameters": { "display_text": "Open", "url": "https://shop.example" } } })
    );
    let place = json!({ "type": "interactive", "body": "Where?", "action": { "type": "location_request" } });
    assert_eq!(
        interactive(place),
        json!({ "type": "location_request_message", "body": { "text": "Where?" }, "action": { "name": "send_location" } })
    );
}

#[test]
fn cards_side_by_side() {
    let header = json!({ "kind": "image", "source": { "from": "platform", "id": "7" } });
    let message = json!({ "type": "interactive", "body": "Teas", "action": { "type": "carousel", "cards": [
        { "header": header, "body": "Green", "action": { "type": "cta_url", "display_text": "Buy", "url": "https://a.example" } },
        { "header": header, "action": { "type": "buttons", "buttons": [{ "id": "b", "title": "Buy" }] } },
    ]}});
    let picture = json!({ "type": "image", "image": { "id": "7" } });
    assert_eq!(
        interactive(message),
        json!({ "type": "carousel", "body": { "text": "Teas" }, "action": { "cards": [
            { "card_index": 0, "type": "cta_url", "header": picture, "body": { "text": "Green" },
              "action": { "name": "cta_url", "parameters": { "display_text": "Buy", "url": "https://a.example" } } },
            { "card_index": 1, "type": "button", "header": picture,
              "action": { "buttons": [{ "type": "quick_reply", "quick_reply": { "id": "b", "title": "Buy" } }] } },
        ]}})
    );
}

#[test]
fn forms() {
    let form = json!({ "type": "interactive", "body": "Book", "action": { "type": "flow", "flow": { "name": "booking" },
        "cta": "Book", "token": "t1", "draft": true, "screen": "START", "data": { "day": "today" } } });
    let parameters = interactive(form)["action"]["parameters"].clone();
    assert_eq!(
        parameters,
        json!({ "flow_message_version": "3", "flow_name": "booking", "flow_cta": "Book", "flow_token": "t1",
                "mode": "draft", "flow_action": "navigate",
                "flow_action_payload": { "screen": "START", "data": { "day": "today" } } })
    );
    let form = json!({ "type": "interactive", "body": "Book",
        "action": { "type": "flow", "flow": { "id": "9" }, "cta": "Book", "token": "t1" } });
    assert_eq!(
        interactive(form)["action"],
        json!({ "name": "flow", "parameters": { "flow_message_version": "3", "flow_id": "9", "flow_cta": "Book",
                "flow_token": "t1", "flow_action": "data_exchange" } })
    );
}

#[test]
fn products() {
    let one = json!({ "type": "interactive", "action": { "type": "product", "catalog_id": "c", "product_retailer_id": "p" } });
    assert_eq!(
        interactive(one),
        json!({ "type": "product", "action": { "catalog_id": "c", "product_retailer_id": "p" } })
    );
    let several = json!({ "type": "interactive", "header": { "type": "text", "text": "Teas" }, "body": "b",
        "action": { "type": "product_list", "catalog_id": "c",
                    "sections": [{ "title": "Hot", "product_retailer_ids": ["p1", "p2"] }] } });
    let items = json!([{ "product_retailer_id": "p1" }, { "product_retailer_id": "p2" }]);
    assert_eq!(
        interactive(several)["action"],
        json!({ "catalog_id": "c", "sections": [{ "title": "Hot", "product_items": items }] })
    );
    let all = |thumbnail: Value| {
        json!({ "type": "interactive", "body": "b",
        "action": { "type": "catalog", "thumbnail_product_retailer_id": thumbnail } })
    };
    assert_eq!(
        interactive(all(json!("p")))["action"],
        json!({ "name": "catalog_message", "parameters": { "thumbnail_product_retailer_id": "p" } })
    );
    assert_eq!(interactive(all(Value::Null))["action"], json!({ "name": "catalog_message" }));
}

#[test]
fn a_template_without_places_has_no_components() {
    let (kind, said) = said(json!({ "type": "template", "name": "hello_world", "language": "en_US" }));
    assert_eq!((kind.as_str(), said), ("template", json!({ "name": "hello_world", "language": { "code": "en_US" } })));
}

#[test]
fn a_place_in_the_header_of_a_template_and_its_other_components() {
    let template = json!({ "type": "template", "name": "sale", "language": "vi",
        "header": { "type": "location", "latitude": 1.0, "longitude": 2.0, "name": "Shop", "address": "1 Lê Lợi" },
        "body": [
            { "name": "customer", "kind": "text", "text": "An" },
            { "name": "total", "kind": "currency", "fallback": "5.000 đ", "code": "VND", "amount_1000": 5_000_000 },
            { "name": "day", "kind": "date_time", "fallback": "2 Sept" },
        ],
        "offer_expires_at": "2026-12-01T00:00:00Z",
        "buttons": [{ "index": 0, "value": { "type": "copy_code", "code": "TEA25" } }] });
    let place = json!({ "latitude": 1.0, "longitude": 2.0, "name": "Shop", "address": "1 Lê Lợi" });
    assert_eq!(
        said(template).1["components"],
        json!([
            { "type": "header", "parameters": [{ "type": "location", "location": place }] },
            { "type": "body", "parameters": [
                { "type": "text", "parameter_name": "customer", "text": "An" },
                { "type": "currency", "parameter_name": "total",
                  "currency": { "fallback_value": "5.000 đ", "code": "VND", "amount_1000": 5_000_000 } },
                { "type": "date_time", "parameter_name": "day", "date_time": { "fallback_value": "2 Sept" } },
            ]},
            { "type": "limited_time_offer", "parameters": [
                { "type": "limited_time_offer", "limited_time_offer": { "expiration_time_ms": 1_796_083_200_000_i64 } },
            ]},
            { "type": "button", "sub_type": "copy_code", "index": "0",
              "parameters": [{ "type": "coupon_code", "coupon_code": "TEA25" }] },
        ])
    );
}

#[test]
fn each_kind_of_button_of_a_template() {
    let sections = json!([{ "title": "Hot", "product_retailer_ids": ["p"] }]);
    let items = json!([{ "title": "Hot", "product_items": [{ "product_retailer_id": "p" }] }]);
    for (value, sub_type, parameter) in [
        (
            json!({ "type": "quick_reply", "payload": "no" }),
            "quick_reply",
            json!({ "type": "payload", "payload": "no" }),
        ),
        (json!({ "type": "url", "text": "12" }), "url", json!({ "type": "text", "text": "12" })),
        (
            json!({ "type": "flow", "token": "t", "data": { "a": 1 } }),
            "flow",
            json!({ "type": "action", "action": { "flow_token": "t", "flow_action_data": { "a": 1 } } }),
        ),
        (
            json!({ "type": "catalog", "thumbnail_product_retailer_id": "p" }),
            "catalog",
            json!({ "type": "action", "action": { "thumbnail_product_retailer_id": "p" } }),
        ),
        (
            json!({ "type": "product_list", "thumbnail_product_retailer_id": "p", "sections": sections }),
            "mpm",
            json!({ "type": "action", "action": { "thumbnail_product_retailer_id": "p", "sections": items } }),
        ),
    ] {
        let template =
            json!({ "type": "template", "name": "t", "language": "vi", "buttons": [{ "index": 3, "value": value }] });
        let expected = json!([{ "type": "button", "sub_type": sub_type, "index": "3", "parameters": [parameter] }]);
        assert_eq!(said(template).1["components"], expected);
    }
}

#[test]
fn the_cards_of_a_template() {
    let card = json!({ "header": { "kind": "video", "source": { "from": "platform", "id": "7" } },
        "body": [{ "kind": "text", "text": "Tea" }],
        "buttons": [{ "index": 0, "value": { "type": "url", "text": "tea" } }] });
    let template = json!({ "type": "template", "name": "offers", "language": "vi", "cards": [card] });
    assert_eq!(
        said(template).1["components"],
        json!([{ "type": "carousel", "cards": [{ "card_index": 0, "components": [
            { "type": "header", "parameters": [{ "type": "video", "video": { "id": "7" } }] },
            { "type": "body", "parameters": [{ "type": "text", "text": "Tea" }] },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": [{ "type": "text", "text": "tea" }] },
        ]}]}])
    );
}

#[tokio::test]
async fn what_cannot_be_put_into_the_platforms_terms_is_refused_without_a_call() {
    let content: Content = serde_json::from_value(json!({ "type": "image", "source": { "from": "lost" } })).unwrap();
    let message = OutboundMessage {
        outbound_ref: "loa:0198a000-0000-7000-8000-000000000001:1".parse().unwrap(),
        to: &[Identity::whatsapp("84911111111").unwrap()],
        content: &content,
        window: Window::Open,
        reply_to: None,
    };
    let base = crate::channels::fake_platform::nowhere().await;
    let client = crate::channels::fake_platform::client();
    let outcome = super::send(&client, &base, "8", &"t".into(), &message).await;
    assert!(matches!(outcome, SendOutcome::Refused(_)), "{outcome:?}");
}
