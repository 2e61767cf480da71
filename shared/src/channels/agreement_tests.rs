//! The law between a glance and a reading: what the parser finds, the glance has announced; and the
//! parser loses nothing and panics at nothing.
//!
//! Our own fixtures always, changed at random too; a directory of further payloads when
//! `LOA_CORPUS_DIR` names one.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::contract::Parsed;
use super::{ParseError, parse};
use crate::domain::channel::Channel;
use crate::peek::peek;

const FIXTURES: &[(Channel, &str)] = &[
    (Channel::WhatsApp, include_str!("whatsapp/fixtures/mixed.json")),
    (Channel::WhatsApp, include_str!("whatsapp/fixtures/odd.json")),
    (Channel::WhatsApp, include_str!("whatsapp/fixtures/echo.json")),
    (Channel::Messenger, include_str!("messenger/fixtures/mixed.json")),
    (Channel::Messenger, include_str!("messenger/fixtures/odd.json")),
    (Channel::X, include_str!("x/fixtures/account_activity.json")),
    (Channel::X, include_str!("x/fixtures/activity.json")),
    (Channel::X, include_str!("x/fixtures/read.json")),
    (Channel::X, include_str!("x/fixtures/encrypted.json")),
    (Channel::X, include_str!("x/fixtures/revoked.json")),
];

/// Reads `body` by the channel that a glance names, and checks the law.
fn read_as_announced(path: Channel, body: &[u8]) -> Result<Parsed, ParseError> {
    let peeked = peek(Some(path), body);
    let parsed = parse(peeked.channel, body)?;
    let kinds = peeked.kinds;
    assert!(parsed.messages.is_empty() || kinds.messages, "{kinds}");
    // Statuses and news of the account are read by the same worker.
    let other = parsed.statuses.is_empty() && parsed.account.is_empty();
    assert!(other || kinds.statuses || kinds.account, "{kinds}");
    assert!(parsed.statuses.is_empty() || kinds.statuses, "{kinds}");
    Ok(parsed)
}

#[test]
fn every_fixture_says_something_and_was_announced() {
    for (channel, body) in FIXTURES {
        let parsed = read_as_announced(*channel, body.as_bytes()).unwrap();
        assert!(!parsed.is_empty(), "{body}");
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
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_law_holds_for_damaged_fixtures(
        (channel, body) in proptest::sample::select(FIXTURES),
        damages in proptest::collection::vec((0_usize..250, replacement()), 1..4),
    ) {
        let mut value: Value = serde_json::from_str(body).unwrap();
        for (mut at, with) in damages {
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

#[test]
fn every_payload_of_a_named_corpus_is_read_or_explained() {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch, not configuration")]
    let Some(corpus) = std::env::var_os("LOA_CORPUS_DIR").map(PathBuf::from) else {
        println!("LOA_CORPUS_DIR is not set: only our own fixtures were read");
        return;
    };
    for channel in Channel::ALL {
        let (mut read, mut explained) = (0, Vec::new());
        let mut held = [0; 3];
        for file in payloads(&corpus.join(channel.as_str())) {
            let body = fs::read(&file).unwrap();
            match read_as_announced(channel, &body) {
                Ok(parsed) => {
                    let silent = parsed.is_empty();
                    assert!(!silent || has_no_entry(&body), "{} is lost", file.display());
                    read += 1;
                    held[0] += parsed.messages.len();
                    held[1] += parsed.statuses.len();
                    held[2] += parsed.account.len();
                }
                Err(error) => explained.push(error.to_string()),
            }
        }
        assert!(read > 0, "no payload of {channel} was read");
        println!("{channel}: {read} files read, messages, statuses, account: {held:?}");
        explained.sort();
        for reason in explained.chunk_by(|one, next| one == next) {
            println!("{channel}: {} files not read: {}", reason.len(), reason[0]);
        }
    }
}

fn has_no_entry(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["entry"].as_array().is_some_and(Vec::is_empty)
}

fn payloads(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_json = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
    paths.filter(is_json).collect()
}
