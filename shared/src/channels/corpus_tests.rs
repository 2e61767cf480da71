//! Further payloads, where `LOA_CORPUS_DIR` names a directory of them: each says what its index calls
//! it, or is kept with the reason.
//!
//! `INDEX.csv` names the kind of every file: `webhook/messages/msg.image+msg.text`,
//! `page/message.quick_reply`, `aaa/dm.text`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ParseError;
use super::agreement_tests::read_as_announced;
use super::contract::Parsed;
use crate::domain::channel::Channel;
use crate::domain::message::Content;

/// What the index calls a message, and the contents it may be, one of which it is. `unknown` needs no
/// row: whatever does not read may be that, with its reason.
const CONTENTS: &[(&str, &[&str])] = &[
    // WhatsApp
    ("msg.text", &["text"]),
    ("msg.image", &["image"]),
    ("msg.video", &["video"]),
    ("msg.audio", &["audio"]),
    ("msg.audio.voice", &["audio"]),
    ("msg.document", &["document"]),
    ("msg.sticker", &["sticker"]),
    ("msg.sticker.animated", &["sticker"]),
    ("msg.location", &["location"]),
    ("msg.location.pin", &["location"]),
    ("msg.contacts", &["contacts"]),
    ("msg.interactive.button_reply", &["tap"]),
    ("msg.interactive.list_reply", &["tap"]),
    ("msg.interactive.nfm_reply", &["flow_reply"]),
    ("msg.interactive.call_permission_reply", &[]),
    ("msg.interactive.none", &[]),
    ("msg.button", &["tap"]),
    ("msg.reaction", &["reaction"]),
    ("msg.reaction.removed", &["reaction"]),
    ("msg.order", &["order"]),
    ("msg.system.user_changed_number", &["system"]),
    ("msg.system.user_changed_user_id", &["system"]),
    ("msg.system.customer_identity_changed", &["system"]),
    ("msg.edit", &["edit"]),
    ("msg.revoke", &["revoke"]),
    ("msg.unsupported", &["unsupported"]),
    ("msg.unsupported.pool", &["unsupported"]),
    ("msg.unknown", &["unsupported"]),
    ("msg.no_type", &[]),
    ("echo.text", &["text"]),
    ("echo.edit", &["edit"]),
    ("echo.revoke", &["revoke"]),
    // Messenger: words may stand beside what is attached, and stickers came as images for long.
    ("message.text", &["text"]),
    ("message.echo", &["text"]),
    ("message.echo.template", &[]),
    ("message.quick_reply", &["tap"]),
    ("message.deleted", &["revoke"]),
    ("message.unsupported", &["unsupported"]),
    ("message.attachment.image", &["image", "sticker"]),
    ("message.attachment.video", &["video"]),
    ("message.attachment.audio", &["audio"]),
    ("message.attachment.file", &["document"]),
    ("message.attachment.location", &["location"]),
    ("message.attachment.fallback", &["text"]),
    ("message.attachment.template", &["text"]),
    ("message.attachment.story_mention", &[]),
    ("message.attachment.attachment", &[]),
    ("message.attachment.unsupported_type", &["unsupported"]),
    // The rest of `message.attachment.fallback+image+location`.
    ("image", &["image"]),
    ("location", &["location"]),
    ("postback", &["tap"]),
    ("reaction", &["reaction"]),
    ("message_edit", &["edit"]),
    ("referral", &["welcome"]),
    ("optin.plugin", &[]),
    // X
    ("dm.text", &["text"]),
];
/// How the index begins what is a message.
const MESSAGES: [&str; 4] = ["msg.", "echo.", "message.", "dm."];

/// What the files of one name of the index hold.
#[derive(Default)]
struct Held {
    files: usize,
    contents: BTreeMap<String, usize>,
    reasons: BTreeSet<String>,
}

#[test]
fn every_payload_of_a_named_corpus_is_what_its_index_says_or_kept_with_a_reason() {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch, not configuration")]
    let Some(corpus) = std::env::var_os("LOA_CORPUS_DIR").map(PathBuf::from) else {
        println!("LOA_CORPUS_DIR is not set: only our own fixtures were read");
        return;
    };
    let index = index(&corpus);
    assert!(!index.is_empty());
    let mut held: BTreeMap<(&str, String), Held> = BTreeMap::new();
    for (file, channel, kind) in &index {
        let body = fs::read(corpus.join(file)).unwrap();
        let expected = expected(kind);
        let name = if expected.is_empty() { "no message".to_owned() } else { names_of(&expected) };
        let held = held.entry((channel.as_str(), name)).or_default();
        held.files += 1;
        match read_as_announced(*channel, &body) {
            Ok(parsed) => {
                assert!(!parsed.is_empty() || has_no_entry(&body), "{file} is lost");
                check(file, &expected, &parsed);
                tell(held, &expected, &parsed);
            }
            Err(error) => tell_unread(held, file, &expected, &error),
        }
    }
    for ((channel, name), held) in &held {
        println!("{channel} {name}: {} files: {:?}", held.files, held.contents);
        held.reasons.iter().for_each(|reason| println!("    {reason}"));
    }
}

type Row = (&'static str, &'static [&'static str]);

/// The rows of `CONTENTS` for a kind of the index; none where no message is in it.
fn expected(kind: &str) -> Vec<Row> {
    let names = kind.split([';', '+']).map(|name| name.rsplit('/').next().unwrap_or(name));
    names
        .filter_map(|name| {
            let row = CONTENTS.iter().find(|(row, _)| *row == name).copied();
            assert!(row.is_some() || !MESSAGES.iter().any(|of| name.starts_with(of)), "no row for {name}");
            row
        })
        .collect()
}

fn names_of(expected: &[Row]) -> String {
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    names.join(" + ")
}

/// Every message is one of those that the index names; each that it names is there, or something is
/// unknown or kept as news of the account in its place.
fn check(file: &str, expected: &[Row], parsed: &Parsed) {
    let kinds: Vec<&str> = parsed.messages.iter().map(|message| message.content.kind()).collect();
    for kind in kinds.iter().filter(|kind| **kind != "unknown") {
        assert!(expected.iter().any(|(_, may)| may.contains(kind)), "{file} holds a message of {kind}");
    }
    for (name, may) in expected {
        let is_there = kinds.iter().any(|kind| may.contains(kind) || *kind == "unknown");
        assert!(is_there || !parsed.account.is_empty(), "{file}: {name} became {kinds:?}");
    }
    assert!(!expected.is_empty() || kinds.is_empty(), "{file} holds messages: {kinds:?}");
}

fn tell(held: &mut Held, expected: &[Row], parsed: &Parsed) {
    for message in &parsed.messages {
        *held.contents.entry(message.content.kind().to_owned()).or_default() += 1;
        if let Content::Unknown { kind, reason, .. } = &message.content {
            let reason = reason.as_ref().expect("what is unknown here is of a known type");
            held.reasons.insert(format!("unknown {kind}: {reason}"));
        }
    }
    for update in parsed.account.iter().filter(|_| !expected.is_empty()) {
        *held.contents.entry("kept as news".to_owned()).or_default() += 1;
        held.reasons.insert(format!("kept as {}", update.field));
    }
}

fn tell_unread(held: &mut Held, file: &str, expected: &[Row], error: &ParseError) {
    assert!(expected.is_empty(), "{file}: {error}");
    *held.contents.entry("not read".to_owned()).or_default() += 1;
    held.reasons.insert(format!("not read: {error}"));
}

/// File, channel and kind of every line of the index.
fn index(corpus: &Path) -> Vec<(String, Channel, String)> {
    let index = fs::read_to_string(corpus.join("INDEX.csv")).unwrap();
    let line = |line: &str| {
        let mut columns = line.split(',').map(str::to_owned);
        let mut next = || columns.next().unwrap();
        (next(), next().parse().unwrap(), next())
    };
    index.lines().skip(1).map(line).collect()
}

fn has_no_entry(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["entry"].as_array().is_some_and(Vec::is_empty)
}
