use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::super::webhook::parse_whole;
use super::super::parse;

fn webhook(status: &Value, contacts: &Value) -> Vec<u8> {
    let metadata = json!({ "display_phone_number": "84900000001", "phone_number_id": "106540352242922" });
    let value = json!({
        "messaging_product": "whatsapp", "metadata": metadata, "contacts": contacts, "statuses": [status],
    });
    let entry = json!({ "id": "102290129340398", "changes": [{ "field": "messages", "value": value }] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string().into_bytes()
}

fn delivered() -> Value {
    json!({
        "id": "wamid.1",
        "status": "delivered",
        "timestamp": "1763300000",
        "recipient_id": "84901234567",
        "recipient_user_id": "VN.13491208655302741918",
        "biz_opaque_callback_data": "loa:019a8d1e-7c00-7000-8000-000000000000:1",
        "pricing": { "billable": true, "pricing_model": "PMP", "category": "marketing", "type": "regular" },
    })
}

fn contacts() -> Value {
    json!([{ "wa_id": "84901234567", "user_id": "VN.13491208655302741918", "profile": { "name": "An" } }])
}

#[test]
fn a_plain_status_is_read_here_and_as_it_would_be_elsewhere() {
    let body = webhook(&delivered(), &contacts());
    let read = parse(&body).unwrap();
    assert_eq!(read.statuses.len(), 1);
    assert_eq!(read.statuses[0].recipient.len(), 2);
    assert_eq!(read, parse_whole(&body).unwrap());
}

#[test]
fn what_is_not_plain_is_left_to_the_reader_of_everything() {
    for (key, value) in [
        ("errors", json!([{ "code": 131_026 }])),
        ("conversation", json!({ "id": "c1" })),
        ("recipient_type", json!("group")),
        ("recipient_participant_id", json!("84901234567")),
        ("status", json!("warning")),
        ("timestamp", json!(1_763_300_000)),
        ("timestamp", json!("-1")),
        ("id", json!(" wamid.1")),
        ("pricing", json!("PMP")),
    ] {
        let mut status = delivered();
        status[key] = value;
        assert_eq!(parse(&webhook(&status, &contacts())), None, "{key}");
    }
    let empty = br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages",
        "value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"1"},"messages":[],"statuses":[]}}]}]}"#;
    assert_eq!(parse(empty), None);
}

/// Texts that are read in more ways than one.
fn text() -> impl Strategy<Value = Value> {
    let known = ["84901234567", "+84901234567", "VN.1349", "wamid.1", "sent", "read", "1763300000", " ", "", "a\0b"];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(Value::from),
        1 => any::<u32>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

proptest! {
    #[test]
    fn whatever_is_read_here_is_read_alike_elsewhere(
        changed in proptest::collection::vec((0_usize..7, text()), 0..3),
        people in proptest::collection::vec((text(), text()), 0..3),
        without in proptest::option::of(0_usize..7),
    ) {
        let keys = [
            "id", "status", "timestamp", "recipient_id", "recipient_user_id", "biz_opaque_callback_data", "pricing",
        ];
        let mut status = delivered();
        for (key, value) in changed {
            status[keys[key]] = value;
        }
        if let (Some(key), Some(status)) = (without, status.as_object_mut()) {
            status.remove(keys[key]);
        }
        let people: Vec<Value> =
            people.into_iter().map(|(wa_id, user_id)| json!({ "wa_id": wa_id, "user_id": user_id })).collect();
        let body = webhook(&status, &Value::Array(people));
        if let Some(read) = parse(&body) {
            prop_assert_eq!(Some(read), parse_whole(&body).ok());
        }
    }
}
