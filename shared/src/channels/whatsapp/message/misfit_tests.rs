//! Messages that are not what their type says.

use serde_json::{Value, json};

use super::content;
use crate::domain::message::Content;

/// The kind under which `message` is unknown, and the reason.
fn why(message: &Value) -> (String, Option<String>) {
    match content::content(message) {
        Content::Unknown { kind, reason, raw } => {
            assert_eq!(&raw, message);
            (kind, reason)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_type_that_is_new_is_kept_whole_and_needs_no_reason() {
    assert_eq!(why(&json!({"type": "hologram", "hologram": {}})), ("hologram".to_owned(), None));
}

#[test]
fn a_known_type_that_does_not_read_says_which_field_is_wrong() {
    let offer = |reply: Value| json!({"type": "interactive", "interactive": reply});
    for (message, kind, reason) in [
        (json!({"text": {"body": "hi"}}), "untyped", "`type` is missing"),
        (json!({"type": "text", "text": {"body": " "}}), "text", "`text.body` is empty"),
        (json!({"type": "text", "text": "hi"}), "text", "`text` is no object"),
        (json!({"type": "image", "image": {"caption": "a"}}), "image", "`image.id` is missing"),
        (json!({"type": "image"}), "image", "`image` is missing"),
        (json!({"type": "image", "image": {"id": "1", "caption": {}}}), "image", "`image.caption` is no text"),
        (
            json!({"type": "location", "location": {"latitude": "north", "longitude": 1}}),
            "location",
            "`location.latitude` is no number",
        ),
        (
            json!({"type": "location", "location": {"latitude": "NaN", "longitude": 1}}),
            "location",
            "`location.latitude` is no number",
        ),
        (json!({"type": "contacts", "contacts": []}), "contacts", "`contacts` is missing or empty"),
        (
            json!({"type": "contacts", "contacts": [{}, {"phones": [{"phone": []}]}]}),
            "contacts",
            "`contacts[1].phones[0].phone` is no text",
        ),
        (json!({"type": "interactive"}), "interactive", "`interactive` is missing"),
        (offer(json!({"type": "list_reply"})), "interactive.list_reply", "`interactive.list_reply` is missing"),
        (
            offer(json!({"type": "button_reply", "button_reply": {"id": "1"}})),
            "interactive.button_reply",
            "`interactive.button_reply.title` is missing",
        ),
        (
            offer(json!({"type": "payment_method", "payment_method": {}})),
            "interactive.payment_method",
            "`interactive.type` names a reply that Loa has no content for",
        ),
        (offer(json!({"type": 7})), "interactive", "`interactive.type` is no text"),
        (json!({"type": "button", "button": {"payload": "a"}}), "button", "`button.text` is missing"),
        (json!({"type": "reaction", "reaction": {"emoji": "a"}}), "reaction", "`reaction.message_id` is missing"),
        (
            json!({"type": "order", "order": {"catalog_id": "1", "product_items":
                [{"product_retailer_id": "tea", "quantity": "some", "item_price": 1, "currency": "USD"}]}}),
            "order",
            "`order.product_items[0].quantity` is no number",
        ),
        (json!({"type": "system", "system": {"body": "a"}}), "system", "`system.type` is missing"),
        (json!({"type": "revoke", "revoke": {}}), "revoke", "`revoke.original_message_id` is missing"),
        (json!({"type": "edit", "edit": []}), "edit", "`edit` is no object"),
    ] {
        assert_eq!(why(&message), (kind.to_owned(), Some(reason.to_owned())));
    }
}
