//! The law between a glance and a reading: what the parser finds, the glance has announced; and the
//! parser loses nothing and panics at nothing.
//!
//! Our own fixtures, as they are and changed at random.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::contract::{NewMessage, Parsed};
use super::{ParseError, parse};
use crate::domain::channel::Channel;
use crate::domain::message::{Said, Saying};
use crate::peek::peek;

const FIXTURES: &[(Channel, &str)] = &[
    (Channel::WhatsApp, include_str!("whatsapp/fixtures/mixed.json")),
    (Channel::WhatsApp, include_str!("whatsapp/fixtures/odd.json")),
    (Channel::WhatsApp, include_str!("whatsapp/fixtures/echo.json")),
    (Channel::WhatsApp, include_str!("whatsapp/fixtures/types.json")),
    (Channel::Messenger, include_str!("messenger/fixtures/mixed.json")),
    (Channel::Messenger, include_str!("messenger/fixtures/odd.json")),
    (Channel::Messenger, include_str!("messenger/fixtures/kinds.json")),
    (Channel::X, include_str!("x/fixtures/account_activity.json")),
    (Channel::X, include_str!("x/fixtures/activity.json")),
    (Channel::X, include_str!("x/fixtures/attachments.json")),
    (Channel::X, include_str!("x/fixtures/read.json")),
    (Channel::X, include_str!("x/fixtures/encrypted.json")),
    (Channel::X, include_str!("x/fixtures/revoked.json")),
];

/// Reads `body` by the channel that a glance names, and checks the law.
pub(super) fn read_as_announced(path: Channel, body: &[u8]) -> Result<Parsed, ParseError> {
    let peeked = peek(Some(path), body);
    let parsed = parse(peeked.channel, body)?;
    let kinds = peeked.kinds;
    assert!(parsed.messages.is_empty() || kinds.messages, "{kinds}");
    // Statuses and news of the account are read by the same worker.
    let other = parsed.statuses.is_empty() && parsed.account.is_empty();
    assert!(other || kinds.statuses || kinds.account, "{kinds}");
    assert!(parsed.statuses.is_empty() || kinds.statuses, "{kinds}");
    parsed.messages.iter().for_each(check_storable);
    Ok(parsed)
}

/// What goes into columns holds no NUL, which PostgreSQL refuses, and what is sealed reads again.
fn check_storable(message: &NewMessage) {
    let named = [&message.reply_to, &message.display_name, &message.username].into_iter().flatten().map(String::as_str);
    let addresses = message.identities.iter().map(|identity| identity.value.as_str());
    for column in named.chain(addresses).chain([message.platform_id.as_str()]) {
        assert!(!column.contains('\0') && !column.is_empty(), "{column:?}");
    }
    assert!(!message.account.contains('\0'), "{:?}", message.account);
    let said = Said { content: message.content.clone(), surroundings: message.surroundings.clone() };
    let stored = serde_json::to_vec(&said).unwrap();
    let saying = Saying::of(&message.content, &message.surroundings);
    assert_eq!(serde_json::to_vec(&saying).unwrap(), stored);
    let read: Said = serde_json::from_slice(&stored).unwrap();
    assert_eq!(read.content.kind(), said.content.kind());
}

#[test]
fn every_fixture_says_something_and_was_announced() {
    for (channel, body) in FIXTURES {
        let parsed = read_as_announced(*channel, body.as_bytes()).unwrap();
        assert!(!parsed.is_empty(), "{body}");
    }
}

/// How many values the tree has.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// Puts `with` in the place of the `at`th value of the tree; takes it out where `with` is none.
fn change(value: &mut Value, at: &mut usize, with: Option<&Value>) -> bool {
    if *at == 0 {
        if let Some(with) = with {
            *value = with.clone();
        }
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(list) => {
            for index in 0..list.len() {
                let here = *at == 0;
                if change(&mut list[index], at, with) {
                    if here && with.is_none() {
                        list.remove(index);
                    }
                    return true;
                }
            }
        }
        Value::Object(fields) => {
            let keys: Vec<String> = fields.keys().cloned().collect();
            for key in keys {
                let here = *at == 0;
                if change(&mut fields[&key], at, with) {
                    if here && with.is_none() {
                        fields.remove(&key);
                    }
                    return true;
                }
            }
        }
        _ => {}
    }
    false
}

fn replacement() -> impl Strategy<Value = Option<Value>> {
    let values = [
        None,
        Some(Value::Null),
        Some(json!(true)),
        Some(json!(-1)),
        Some(json!(1.5)),
        Some(json!("")),
        Some(json!(" ")),
        Some(json!("9001")),
        Some(json!("a\0b")),
        Some(json!("1e999")),
        Some(json!("standby")),
        Some(json!([])),
        Some(json!([[{"id": "1"}]])),
        Some(json!([{"id": "wamid.Z", "timestamp": "1", "from": "+"}])),
        Some(json!({})),
        Some(json!({"id": 5, "status": "sent", "timestamp": 1})),
        Some(json!({"messages": [{}], "statuses": []})),
    ];
    proptest::sample::select(values.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_law_holds_for_damaged_fixtures(
        (channel, body) in proptest::sample::select(FIXTURES),
        damages in proptest::collection::vec((any::<proptest::sample::Index>(), replacement()), 1..4),
    ) {
        let mut value: Value = serde_json::from_str(body).unwrap();
        for (at, with) in damages {
            let mut at = at.index(size(&value));
            change(&mut value, &mut at, with.as_ref());
        }
        let _ = read_as_announced(channel, value.to_string().as_bytes());
    }

    #[test]
    fn no_bytes_make_anything_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in any::<proptest::sample::Index>()) {
        for (channel, body) in FIXTURES {
            let _ = read_as_announced(*channel, &bytes);
            let _ = read_as_announced(*channel, &body.as_bytes()[..cut.index(body.len())]);
        }
    }
}
