//! Requests that others wrote, held against the rules: runs where `LOA_CORPUS_DIR` names a folder.

use std::path::PathBuf;

use serde_json::Value;
use simulator::validate_whatsapp_send;

/// Examples that break a rule or are no message, and the rule's words.
const BROKEN: [&str; 5] = [
    // Payments are not taken: outside of what the product sends.
    "order-details--01.json: 131009",
    "order-status--01.json: 131009",
    // A two-step PIN.
    "send-none--02.json: 100",
    // A parameter's text is a boolean.
    "send-template--06.json: 100",
    // Type text, but holding a list.
    "send-text--01.json: 100",
];

/// What stands for an address, a file or a name in examples is not held against them.
fn with_placeholders_filled(text: &str) -> String {
    let mut filled = text.to_owned();
    for (placeholder, value) in [
        ("{{Recipient-Phone-Number}}", "84901234567"),
        ("{{Recipient-WA-Phone-Number}}", "84901234567"),
        ("<HEADER_TYPE>", "text"),
    ] {
        filled = filled.replace(placeholder, value);
    }
    for scheme in ["<http(s)://", "http(s)://"] {
        filled = filled.replace(scheme, "https://a.example/");
    }
    filled
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the folder is this test's own matter, not the product's")]
fn known_good_requests_pass() -> anyhow::Result<()> {
    let Some(folder) = std::env::var_os("LOA_CORPUS_DIR").map(PathBuf::from) else {
        return Ok(());
    };
    let index = std::fs::read_to_string(folder.join("INDEX.csv"))?;
    let (mut passed, mut refused) = (0, Vec::new());
    for line in index.lines() {
        let mut columns = line.split(',');
        let (Some(file), Some("whatsapp"), Some(kind)) = (columns.next(), columns.next(), columns.next()) else {
            continue;
        };
        if !kind.starts_with("api_request/send.") {
            continue;
        }
        let text = with_placeholders_filled(&std::fs::read_to_string(folder.join(file))?);
        match validate_whatsapp_send(&serde_json::from_str::<Value>(&text)?) {
            Ok(()) => passed += 1,
            Err(wrong) => refused.push(format!("{file}: {wrong}")),
        }
    }
    println!("{passed} passed, {} refused", refused.len());
    for line in &refused {
        println!("{line}");
    }
    let refused: Vec<_> = refused.iter().filter(|line| !BROKEN.iter().any(|broken| line.contains(broken))).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    Ok(())
}
