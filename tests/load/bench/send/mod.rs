//! `bench send`: senders empty a backlog at their number's limit.
#![expect(clippy::print_stdout, reason = "printing is its job")]

mod backlog;
mod case;
mod measured;
mod report;

use std::time::Duration;

use anyhow::{Context, ensure};
use secrecy::SecretString;
use serde_json::json;
use shared::broker::{Broker, BrokerConfig, Metrics, Queue};
use shared::domain::ids::AccountId;
use shared::events::wake::WakeAccount;
use simulator::Simulator;
use sqlx::PgPool;
use tests::load::{Database, Name, Product, Queues, Setup};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::results::Verdict;
use case::{CASES, Case};
use measured::{Measured, Senders};
use report::report;

/// What it is called by.
pub(crate) const NAME: &str = "send";
const PREFIX: &str = "bench-send.";
const READY_LIMIT: Duration = Duration::from_secs(30);
/// Each consumer of both senders gets a wake.
const WAKES: usize = 64;
const POLL: Duration = Duration::from_millis(250);

/// Measures, prints, and judges; only the cases whose names hold `only`.
pub(crate) async fn run(setup: &Setup, only: Option<&str>) -> anyhow::Result<Verdict> {
    let (mut ok, mut cases) = (true, Vec::new());
    for case in CASES.iter().filter(|case| only.is_none_or(|only| case.name.contains(only))) {
        let (holds, figures) = report(&measure(setup, case).await?, case);
        ok &= holds;
        cases.push(figures);
    }
    ensure!(!cases.is_empty(), "no case is called so");
    Ok(Verdict { ok, figures: json!({ "cases": cases }) })
}

async fn measure(setup: &Setup, case: &Case) -> anyhow::Result<Measured> {
    let queues = Queues::open(&setup.rabbitmq_url, PREFIX).await?;
    queues.remove().await?;
    let database = Database::fresh(setup, "loa_bench_send").await?;
    let platform = Simulator::start(case.platform()).await?;
    let replicas = case.senders.len().to_string();
    let own = [
        ("DATABASE_URL", database.login()),
        ("DATABASE_ADMIN_URL", database.admin()),
        ("RABBITMQ_PREFIX", PREFIX),
        ("WHATSAPP_API_BASE_URL", platform.url()),
        ("OUTBOUND_REPLICAS", &replicas),
    ];
    let names: Vec<Name> = case.senders.iter().copied().chain([Name::Janitor]).collect();
    let mut product = Product::new(setup, "bench-send", &names, &own)?;
    product.command(&["migrate"]).await?;
    let seed = product.logs().join("seed.json");
    product.command(&["seed-demo", "--out", seed.to_str().context("the path of the logs is no text")?]).await?;
    let db = database.open().await?;
    let account = backlog::fill(&db, database.login(), case).await?;
    product.start_all(READY_LIMIT).await?;
    println!("== send: {}: {} messages to {} recipients", case.name, case.messages(), case.recipients);
    wake(setup, account).await?;
    until_sent(&db, case).await?;
    let senders = Senders::of(&product, case.senders).await?;
    let measured = Measured::of(&db, &platform, senders).await?;
    for name in names {
        product.terminate(name).await?;
    }
    platform.stop().await;
    drop(db);
    queues.remove().await?;
    database.remove().await?;
    Ok(measured)
}

/// Wakes all senders: the broker gives the wakes to their consumers in turn.
async fn wake(setup: &Setup, account_id: AccountId) -> anyhow::Result<()> {
    let config = BrokerConfig {
        url: SecretString::from(setup.rabbitmq_url.as_str()),
        prefix: PREFIX.to_owned(),
        connection_name: "bench".to_owned(),
        expires: None,
    };
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let broker = Broker::start(&config, Metrics::register(&prometheus::Registry::new())?, &tracker, &stop)?;
    broker.connected().await?;
    for _ in 0..WAKES {
        broker.publisher().wake(Queue::Outbound, [WakeAccount { account_id }]).await?;
    }
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    Ok(())
}

async fn until_sent(db: &PgPool, case: &Case) -> anyhow::Result<()> {
    let at_half_the_limit = Duration::from_secs(2 * case.messages() as u64 / u64::from(case.limit));
    let deadline = Instant::now() + Duration::from_mins(1) + at_half_the_limit;
    loop {
        let is_done: bool = sqlx::query_scalar("select not exists (select from outbox)").fetch_one(db).await?;
        if is_done {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let left: i64 = sqlx::query_scalar("select count(*) from outbox").fetch_one(db).await?;
            anyhow::bail!("{left} messages are not sent in time");
        }
        sleep(POLL).await;
    }
}
