//! A directory of real payloads, whole: signed, posted, stored, and each where its kind says.
//!
//! `LOA_CORPUS_DIR` names the directory; its `INDEX.csv` says which file is of which channel and kind. Bodies are
//! posted byte for byte; the accounts that they name are connected before.

mod expected;
mod found;
mod index;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use shared::channels;
use shared::domain::channel::Channel;
use sqlx::PgPool;
use tests::merchant::NewAccount;
use tests::{MIGRATOR, TestApp};

use expected::{EXPECTED, SAME_ID};
use found::Found;
use index::Payload;

#[expect(clippy::disallowed_methods, reason = "tests have no configuration of their own")]
fn directory() -> Option<PathBuf> {
    std::env::var_os("LOA_CORPUS_DIR").map(PathBuf::from)
}

/// What became of the payloads of a kind.
#[derive(Default)]
struct Tally {
    payloads: usize,
    found: BTreeMap<String, usize>,
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn slow_every_payload_of_whatsapp_is_stored_as_what_it_is(pool: PgPool) -> anyhow::Result<()> {
    every_payload(pool, Channel::WhatsApp).await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn slow_every_payload_of_messenger_is_stored_as_what_it_is(pool: PgPool) -> anyhow::Result<()> {
    every_payload(pool, Channel::Messenger).await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn every_payload_of_x_is_stored_as_what_it_is(pool: PgPool) -> anyhow::Result<()> {
    every_payload(pool, Channel::X).await
}

#[expect(clippy::print_stdout, reason = "the counts are what the run is for")]
async fn every_payload(pool: PgPool, channel: Channel) -> anyhow::Result<()> {
    let Some(directory) = directory() else {
        println!("LOA_CORPUS_DIR names no directory of payloads: nothing was posted");
        return Ok(());
    };
    let app = TestApp::start(pool).await?;
    let index = index::read(&directory)?;
    let of_channel = index.iter().filter(|payload| payload.channel == channel);
    let (webhooks, others): (Vec<&Payload>, Vec<&Payload>) = of_channel.partition(|payload| payload.is_webhook());
    let (mut tallies, mut wrong) = (BTreeMap::<String, Tally>::new(), Vec::new());
    for payload in &webhooks {
        let found = post(&app, &directory, payload).await.with_context(|| payload.file.clone())?;
        for kind in payload.kinds() {
            let tally = tallies.entry(kind.clone()).or_default();
            tally.payloads += 1;
            match place(&kind, payload, &found) {
                Some(place) => *tally.found.entry(place).or_default() += 1,
                None => wrong.push(format!("{}: {kind} is nowhere; there is {}", payload.file, told(&found))),
            }
        }
    }
    print!("{}", report(&tallies, webhooks.len(), &others));
    assert!(!webhooks.is_empty(), "the index names no webhook");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), webhooks.len(), wrong.join("\n"));
    app.stop().await
}

/// Posts one payload to an empty store whose accounts are those it names, and tells what is there then.
async fn post(app: &TestApp, directory: &Path, payload: &Payload) -> anyhow::Result<Vec<Found>> {
    found::clear(&app.db).await?;
    let body = std::fs::read(directory.join(&payload.file))?;
    connect(app, payload.channel, &body).await?;
    let status = app.post_to(payload.channel, body.clone()).await?;
    anyhow::ensure!(status == 200, "answered {status}");
    app.persist().await?;
    app.track().await?;
    app.move_dead_letters().await?;
    found::all(app, payload.channel, &body).await
}

/// Connects every account that `body` names; one that cannot be read names none.
async fn connect(app: &TestApp, channel: Channel, body: &[u8]) -> anyhow::Result<()> {
    let Ok(parsed) = channels::parse(channel, body) else {
        return Ok(());
    };
    let of_messages = parsed.messages.iter().map(|message| &message.account);
    let of_statuses = parsed.statuses.iter().map(|status| &status.account);
    let of_news = parsed.account.iter().map(|news| &news.subject);
    let named: BTreeSet<&String> = of_messages.chain(of_statuses).chain(of_news).filter(|id| !id.is_empty()).collect();
    for id in named {
        let account = NewAccount { channel, external_id: id, business_id: Some(id), auto_reply: false, app: "default" };
        app.connect(&account).await?;
    }
    Ok(())
}

/// What of `found` is the payload's `kind`: what is expected of it, or something unknown that says why.
fn place(kind: &str, payload: &Payload, found: &[Found]) -> Option<String> {
    let row = EXPECTED.iter().find(|(pattern, _)| index::fits(pattern, kind));
    let expected = row.map_or(&[][..], |(_, expected)| expected);
    let of_a_group = [Found::News("group_message"), Found::News("group_status")];
    let also = if payload.has_flag("group") { &of_a_group[..] } else { &[] };
    let as_expected = expected.iter().chain(also).find(|wanted| found.iter().any(|there| wanted.is(there)));
    let why = || found.iter().find(|there| there.is_unknown_with_a_reason());
    let twin = || SAME_ID.contains(&payload.file.as_str()).then(|| "a message of the same id".to_owned());
    as_expected.or_else(why).map(ToString::to_string).or_else(twin)
}

fn told(found: &[Found]) -> String {
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }
}

fn report(tallies: &BTreeMap<String, Tally>, webhooks: usize, others: &[&Payload]) -> String {
    let mut out = format!("{:<80} {:>8}  stored as\n", "kind", "payloads");
    for (kind, tally) in tallies {
        let places: Vec<String> = tally.found.iter().map(|(place, count)| format!("{place}: {count}")).collect();
        let _ = writeln!(out, "{kind:<80} {:>8}  {}", tally.payloads, places.join(", "));
    }
    let mut skipped = BTreeMap::<&str, usize>::new();
    for other in others {
        *skipped.entry(other.family()).or_default() += 1;
    }
    let _ = writeln!(out, "{webhooks} webhooks were posted; no webhooks, and skipped: {skipped:?}");
    out
}
