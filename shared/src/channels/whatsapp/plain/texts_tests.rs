use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::super::webhook::parse_whole;
use super::super::parse;

fn webhook(message: &Value, contacts: &Value) -> Vec<u8> {
    let metadata = json!({ "display_phone_number": "84900000001", "phone_number_id": "106540352242922" });
    let value = json!({
        "messaging_product": "whatsapp", "metadata": metadata, "contacts": contacts, "messages": [message],
    });
    let entry = json!({ "id": "102290129340398", "changes": [{ "field": "messages", "value": value }] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string().into_bytes()
}

fn hello() -> Value {
    json!({
        "id": "wamid.1",
        "from": "84901234567",
        "from_user_id": "VN.13491208655302741918",
        "timestamp": "1763300000",
        "type": "text",
        "text": { "body": "Hello\n\"you\"" },
    })
}

fn contacts() -> Value {
    json!([{ "wa_id": "84901234567", "profile": { "name": "An", "username": "an.nguyen" } }])
}

#[test]
fn a_plain_text_is_read_here_and_as_it_would_be_elsewhere() {
    let body = webhook(&hello(), &contacts());
    let read = parse(&body).unwrap();
    assert_eq!(read.messages.len(), 1);
    assert_eq!(read.messages[0].identities.len(), 2);
    assert_eq!(read.messages[0].display_name.as_deref(), Some("An"));
    assert_eq!(read, parse_whole(&body).unwrap());
}

#[test]
fn what_is_not_plain_is_left_to_the_reader_of_everything() {
    for (key, value) in [
        ("context", json!({ "id": "wamid.0" })),
        ("referral", json!({ "source_id": "1" })),
        ("errors", json!([])),
        ("group_id", json!("g1")),
        ("type", json!("image")),
        ("timestamp", json!(1_763_300_000)),
        ("timestamp", json!("-1")),
        ("id", json!(" wamid.1")),
        ("text", json!({ "body": " " })),
        ("text", json!({ "body": 7 })),
        ("from", json!("a\0b")),
    ] {
        let mut message = hello();
        message[key] = value;
        assert_eq!(parse(&webhook(&message, &contacts())), None, "{key}");
    }
}

/// Texts that are read in more ways than one.
fn text() -> impl Strategy<Value = Value> {
    let known = ["84901234567", "+84901234567", "VN.1349", "wamid.1", "1763300000", "text", " ", "", " An", "a\0b"];
    prop_oneof![
        5 => proptest::sample::select(known.to_vec()).prop_map(Value::from),
        1 => any::<u32>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_read_here_is_read_alike_elsewhere(
        changed in proptest::collection::vec((0_usize..6, text()), 0..3),
        people in proptest::collection::vec((text(), text(), text(), text()), 0..3),
        without in proptest::option::of(0_usize..6),
    ) {
        let keys = ["id", "from", "from_user_id", "timestamp", "type", "body"];
        let mut message = hello();
        for (key, value) in changed {
            match keys[key] {
                "body" => message["text"]["body"] = value,
                key => message[key] = value,
            }
        }
        if let (Some(key), Some(message)) = (without, message.as_object_mut()) {
            message.remove(keys[key]);
        }
        let person = |(wa_id, user_id, name, username)| {
            json!({ "wa_id": wa_id, "user_id": user_id, "profile": { "name": name, "username": username } })
        };
        let body = webhook(&message, &people.into_iter().map(person).collect());
        if let Some(read) = parse(&body) {
            prop_assert_eq!(Some(read), parse_whole(&body).ok());
        }
    }
}
