//! `bench api`: lists, searches and histories over as many rows as a busy merchant has, asked for by many at once.
#![expect(clippy::print_stdout, reason = "printing is its job")]

mod client;
mod report;
mod seed;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use api::commands::Demo;
use serde_json::{Value, json};
use tests::load::{Database, Name, Product, Setup};

use crate::figures::percentile;
use crate::results::Verdict;
use client::{Client, Path};
use report::{Case, Measured};
use seed::{LONG, Seeded, seed};

/// What it is called by.
pub(crate) const NAME: &str = "api";
const READY_LIMIT: Duration = Duration::from_secs(30);
const CONVERSATIONS: &str = "/api/v1/whatsapp/conversations";
const CONTACTS: &str = "/api/v1/whatsapp/contacts";
/// Clients of the inbox, at once.
const CLIENTS: u64 = 50;
/// Clients of a search, and of a history.
const SEARCHERS: u64 = 4;
/// The deep page's place in the list.
const DEPTH: i64 = 100_000;
const PAGE: i64 = 100;
/// Wide enough for a closed loop of any number of clients.
const LIMITS: &str = "session=100000000,neutral=100000000,whatsapp=100000000,x=100000000,\
                      facebook-reads=100000000,facebook-writes=100000000";

/// What is measured, and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// How often the cases take turns.
    pub(crate) rounds: u32,
    /// How long each turn lasts.
    pub(crate) turn: Duration,
    /// Contacts, and conversations; ten times as many messages.
    pub(crate) rows: i64,
}

/// Measures, prints, and judges.
pub(crate) async fn run(setup: &Setup, shape: Shape) -> anyhow::Result<Verdict> {
    let database = Database::fresh(setup, "loa_bench_api").await?;
    let own = [
        ("DATABASE_URL", database.login()),
        ("DATABASE_ADMIN_URL", database.admin()),
        ("RABBITMQ_PREFIX", "bench-api."),
        ("API_RATE_LIMITS", LIMITS),
    ];
    let mut product = Product::new(setup, "bench-api", &[Name::Api], &own)?;
    product.command(&["migrate"]).await?;
    let file = product.logs().join("seed.json");
    product.command(&["seed-demo", "--out", file.to_str().context("the path of the logs is no text")?]).await?;
    let demo: Demo = serde_json::from_slice(&std::fs::read(&file)?)?;
    println!(
        "== api: {} contacts and conversations, {} rounds of {} s",
        shape.rows,
        shape.rounds,
        shape.turn.as_secs()
    );
    let db = database.open().await?;
    let seeded = seed(&db, &demo, shape.rows).await?;
    db.close().await;
    product.start_all(READY_LIMIT).await?;
    let client = Client { address: product.address(Name::Api)?, token: log_in(&product, &demo).await? };
    let measured = measure(&client, &seeded, shape).await?;
    let resident = product.process(Name::Api)?.resident_bytes()?;
    for (name, stopped) in product.stop_all().await {
        stopped.with_context(|| format!("{} does not stop", name.binary()))?;
    }
    database.remove().await?;
    Ok(report::report(&measured, &seeded, resident))
}

async fn log_in(product: &Product, demo: &Demo) -> anyhow::Result<String> {
    let body = json!({ "email": demo.email, "password": demo.password });
    let url = format!("{}/api/v1/auth/login", product.url(Name::Api)?);
    let answer: Value =
        reqwest::Client::builder().timeout(READY_LIMIT).build()?.post(url).json(&body).send().await?.json().await?;
    let token = answer["data"]["accessToken"].as_str();
    Ok(token.with_context(|| format!("no token: {answer}"))?.to_owned())
}

async fn measure(client: &Client, seeded: &Seeded, shape: Shape) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    let cases = cases(client, seeded).await?;
    // The first round warms up and counts for nothing.
    for round in 0..=shape.rounds {
        for (case, clients, path) in &cases {
            let driven = client.drive(*clients, shape.turn, Arc::clone(path)).await?;
            let p99 = percentile(&driven.latencies, 0.99);
            let label = if round == 0 { "warm-up".to_owned() } else { format!("round {round}") };
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let rate = driven.latencies.len() as f64 / driven.took.as_secs_f64();
            let median = percentile(&driven.latencies, 0.5);
            println!("   {label:8} {:24} {rate:7.0}/s   p50 {median:7.1} ms   p99 {p99:7.1} ms", case.name());
            if round > 0 {
                measured.note(*case, p99, median);
            }
        }
    }
    Ok(measured)
}

/// What is asked for, by how many at once.
async fn cases(client: &Client, seeded: &Seeded) -> anyhow::Result<Vec<(Case, u64, Path)>> {
    let rows = u64::try_from(seeded.rows)?;
    let deep = deep_page(client, seeded.rows).await?;
    let listed = client.get(CONVERSATIONS).await?;
    ensure!(listed["pagination"]["total"] == json!(seeded.rows), "the list tells of {}", listed["pagination"]);
    let history = format!("{CONVERSATIONS}/{}?messagesTake=50", seeded.long);
    let old = old_page(client, &history).await?;
    let fixed = |path: String| -> Path { Arc::new(move |_| path.clone()) };
    // A different contact with each request, all over the list.
    let some = move |n: u64| n.wrapping_mul(7_919_993) % rows;
    let of = |path: fn(u64) -> String| -> Path { Arc::new(move |n| path(some(n))) };
    Ok(vec![
        (Case::FirstPage, CLIENTS, fixed(CONVERSATIONS.to_owned())),
        (Case::DeepPage, CLIENTS, fixed(deep)),
        (Case::OpenPage, CLIENTS, fixed(format!("{CONVERSATIONS}?status=open"))),
        (Case::NewestMessages, SEARCHERS, fixed(history)),
        (Case::OldestMessages, SEARCHERS, fixed(old)),
        (Case::SearchOne, SEARCHERS, of(|n| format!("{CONTACTS}?search=khach_{n}"))),
        (
            Case::SearchName,
            SEARCHERS,
            of(|n| {
                format!(
                    "{CONTACTS}?search={}",
                    ["nguyen%20van", "dang%20kim%20lan", "h"][usize::try_from(n % 3).unwrap_or(0)]
                )
            }),
        ),
        (Case::SearchPhone, SEARCHERS, of(|n| format!("{CONTACTS}?search=0{}", 900_000_000 + n))),
        (Case::SearchNothing, SEARCHERS, of(|n| format!("{CONTACTS}?search=nobody{n}"))),
        (Case::TagOfMany, SEARCHERS, fixed(format!("{CONTACTS}?tags=gold"))),
        (Case::TagOfFew, SEARCHERS, of(|n| format!("{CONTACTS}?tags=batch-{}", n / 1000))),
        (Case::Tags, SEARCHERS, of(|n| format!("{CONTACTS}?tags=vip,batch-{}", n / 1000))),
        (Case::TagAndSearch, SEARCHERS, of(|n| format!("{CONTACTS}?tags=gold&search=khach_{n}"))),
    ])
}

/// The page behind [`DEPTH`] conversations, reached as clients do.
async fn deep_page(client: &Client, rows: i64) -> anyhow::Result<String> {
    let depth = DEPTH.min(rows / 2);
    let mut path = format!("{CONVERSATIONS}?take={PAGE}");
    for _ in 0..depth / PAGE {
        let page = client.get(&path).await?;
        let cursor = page["pagination"]["nextCursor"].as_str().context("the list ends too early")?;
        path = format!("{CONVERSATIONS}?take={PAGE}&cursor={cursor}");
    }
    Ok(path.replacen(&format!("take={PAGE}"), "take=20", 1))
}

/// The oldest page of a long history.
async fn old_page(client: &Client, history: &str) -> anyhow::Result<String> {
    let (mut path, mut seen) = (history.replace("messagesTake=50", "messagesTake=500"), 0);
    let mut last = history.to_owned();
    loop {
        let page = client.get(&path).await?;
        seen += page["data"]["messages"].as_array().map_or(0, Vec::len);
        let Some(before) = page["data"]["messagesBefore"].as_str() else { break };
        last = format!("{history}&messagesBefore={before}");
        path = format!("{}&messagesBefore={before}", history.replace("messagesTake=50", "messagesTake=500"));
    }
    ensure!(i64::try_from(seen)? == LONG, "the long conversation has {seen} messages");
    Ok(last)
}
