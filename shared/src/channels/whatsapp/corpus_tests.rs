//! Payloads of a directory that `LOA_CORPUS_DIR` names: news of accounts are understood, statuses are read.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::webhook::parse;
use crate::channels::contract::Parsed;
use crate::domain::platform_news::FIELDS;

/// Every webhook of WhatsApp in the corpus, by the name of its file.
fn webhooks() -> Option<BTreeMap<String, Parsed>> {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch, not configuration")]
    let corpus = std::env::var_os("LOA_CORPUS_DIR").map(PathBuf::from)?;
    let files = fs::read_dir(corpus.join("whatsapp")).unwrap().map(|entry| entry.unwrap().path());
    let webhooks = files.filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        let parsed = parse(&fs::read(&path).unwrap()).ok()?;
        name.starts_with("webhook-").then_some((name, parsed))
    });
    Some(webhooks.collect())
}

#[test]
fn every_news_of_an_account_in_a_named_corpus_is_understood() {
    let Some(webhooks) = webhooks() else {
        println!("LOA_CORPUS_DIR is not set");
        return;
    };
    let mut understood: BTreeMap<&str, u32> = BTreeMap::new();
    for (name, parsed) in &webhooks {
        for update in &parsed.account {
            let Some(field) = FIELDS.into_iter().find(|field| *field == update.field) else {
                assert_eq!(update.news, None, "{name}: {}", update.field);
                continue;
            };
            assert!(update.news.is_some(), "{name}: {} is not understood: {}", update.field, update.value);
            *understood.entry(field).or_default() += 1;
        }
    }
    assert!(!understood.is_empty());
    println!("understood: {understood:?}");
}

#[test]
fn every_status_in_a_named_corpus_is_read_or_kept() {
    let Some(webhooks) = webhooks() else {
        println!("LOA_CORPUS_DIR is not set");
        return;
    };
    let of_statuses = webhooks.iter().filter(|(name, _)| name.contains("-messages-status-"));
    let (mut read, mut kept) = (0, Vec::new());
    for (name, parsed) in of_statuses {
        read += parsed.statuses.len();
        for update in &parsed.account {
            let word = update.value.get("status").and_then(Value::as_str);
            assert!(word.is_some(), "{name}: {} is no status", update.value);
            kept.push(format!("{name}: {}", update.field));
        }
        assert!(parsed.statuses.len() + parsed.account.len() > 0, "{name} is lost");
    }
    assert!(read > 0);
    println!("{read} statuses read, kept whole: {kept:#?}");
}
