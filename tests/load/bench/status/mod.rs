//! `bench status`: how fast `status-tracker` drains statuses that have piled up, against SQL that makes the same
//! changes.
#![expect(clippy::print_stdout, reason = "printing is its job")]

mod bare;
mod sent;
mod told;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use secrecy::SecretString;
use serde_json::json;
use shared::broker::{Broker, BrokerConfig, Metrics, Outgoing, PublishError};
use shared::store::{PgPool, Role, pool};
use tests::load::{Database, Name, Product, Queues, Setup};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::figures::{Spread, rate};
use crate::results::{Verdict, spread};
use sent::{MESSAGES, Sent};
use told::{STATUSES, Told};

/// What it is called by.
pub(crate) const NAME: &str = "status";
const PREFIX: &str = "bench-status.";
/// Events that the ingress puts into one message under load: as many as it has connections.
const TOGETHER: usize = 128;
/// Batches that the worker has in hand at once, and so its connections.
const CONNECTIONS: usize = 2;
const PER_SECOND: f64 = 20_000.0;
const DRAIN_LIMIT: Duration = Duration::from_mins(3);
const LEADER_LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
const PUBLISHES: usize = 16;

/// What takes turns, on the same rows.
struct Contest {
    product: Product,
    queues: Queues,
    sent: Sent,
    told: Vec<Told>,
    workers: PgPool,
    broker: Broker,
}

#[derive(Default)]
struct Measured {
    tracker: Vec<f64>,
    bare: Vec<f64>,
    /// Messages that did not stand where they should after a turn, all turns together.
    astray: i64,
    orphans: i64,
    dead: u32,
    left: u32,
    /// Turns after which the account's newest status was not noted.
    unnoted: u32,
    resident_bytes: u64,
}

/// Measures, prints, and judges.
pub(crate) async fn run(setup: &Setup, pairs: u32) -> anyhow::Result<Verdict> {
    let queues = Queues::open(&setup.rabbitmq_url, PREFIX).await?;
    queues.remove().await?;
    let database = Database::fresh(setup, "loa_bench_status").await?;
    let own =
        [("DATABASE_URL", database.login()), ("DATABASE_ADMIN_URL", database.admin()), ("RABBITMQ_PREFIX", PREFIX)];
    let product = Product::new(setup, "bench-status", &[Name::Status], &own)?;
    product.command(&["migrate"]).await?;
    let seed = product.logs().join("seed.json");
    product.command(&["seed-demo", "--out", seed.to_str().context("the path of the logs is no text")?]).await?;
    let sent = Sent::prepare(database.open().await?).await?;
    let told = told::shuffled(&sent);
    ensure!(told.len() == STATUSES, "there are {} statuses", told.len());
    sent.expect(&told).await?;
    let login = shared::config::Database {
        url: SecretString::from(database.login()),
        pool: u32::try_from(CONNECTIONS).unwrap_or(1),
    };
    let workers = pool::open(&login, Role::Worker, "bench")?;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let broker = Broker::start(&config(setup), Metrics::register(&prometheus::Registry::new())?, &tracker, &stop)?;
    broker.connected().await?;
    let mut contest = Contest { product, queues, sent, told, workers, broker };
    let measured = contest.measure(pairs).await?;
    contest.workers.close().await;
    contest.sent.close().await;
    contest.queues.remove().await?;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    database.remove().await?;
    Ok(report(&measured, pairs))
}

fn config(setup: &Setup) -> BrokerConfig {
    BrokerConfig {
        url: SecretString::from(setup.rabbitmq_url.as_str()),
        prefix: PREFIX.to_owned(),
        connection_name: "bench".to_owned(),
        expires: None,
    }
}

impl Contest {
    async fn measure(&mut self, pairs: u32) -> anyhow::Result<Measured> {
        println!(
            "== status: {STATUSES} statuses of {MESSAGES} messages, shuffled, {TOGETHER} events in a message, {pairs} rounds"
        );
        let mut measured = Measured::default();
        // The first round warms up and counts for nothing.
        for pair in 0..=pairs {
            let drained = rate(STATUSES as u64, self.drain(&mut measured).await?);
            self.check(&mut measured).await?;
            self.sent.restore().await?;
            let took = bare::drive(&self.workers, CONNECTIONS, &self.sent, &self.told).await?;
            let bare = rate(STATUSES as u64, took);
            measured.astray += self.sent.astray().await?;
            let label = if pair == 0 { "warm-up".to_owned() } else { format!("round {pair}") };
            println!("   {label:8} status-tracker {drained:8.0}/s   bare SQL {bare:8.0}/s ({:.2})", drained / bare);
            if pair > 0 {
                measured.tracker.push(drained);
                measured.bare.push(bare);
            }
        }
        Ok(measured)
    }

    /// Fills the queue, then lets the worker drain it: from its start to its last commit.
    async fn drain(&mut self, measured: &mut Measured) -> anyhow::Result<Duration> {
        self.sent.restore().await?;
        let envelopes = told::envelopes(&self.sent, &self.told, TOGETHER)?;
        futures::stream::iter(envelopes)
            .map(|envelope| self.publish(envelope))
            .buffer_unordered(PUBLISHES)
            .try_for_each(|()| async { Ok(()) })
            .await?;
        let began = Instant::now();
        self.product.start(Name::Status)?;
        loop {
            // Not yet there to be asked, at first.
            let done = self.product.metric(Name::Status, "loa_status_statuses_total").await.unwrap_or(0.0);
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            if done >= STATUSES as f64 {
                break;
            }
            ensure!(began.elapsed() < DRAIN_LIMIT, "only {done} statuses are applied in time");
            sleep(POLL).await;
        }
        let took = began.elapsed();
        measured.resident_bytes = measured.resident_bytes.max(self.product.process(Name::Status)?.resident_bytes()?);
        self.product.terminate(Name::Status).await?;
        Ok(took)
    }

    /// A queue that was just declared refuses what comes before it has a leader.
    async fn publish(&self, envelope: Outgoing) -> anyhow::Result<()> {
        let deadline = Instant::now() + LEADER_LIMIT;
        loop {
            match self.broker.publisher().publish(envelope.clone()).await {
                Err(PublishError::Rejected) if Instant::now() < deadline => sleep(POLL).await,
                published => return Ok(published?),
            }
        }
    }

    async fn check(&self, measured: &mut Measured) -> anyhow::Result<()> {
        let depths = self.queues.depths().await?;
        measured.left += depths.waiting();
        measured.dead += depths.dead.values().sum::<u32>();
        measured.astray += self.sent.astray().await?;
        measured.orphans += self.sent.orphans().await?;
        let newest: Option<DateTime<Utc>> = self.sent.newest().await?;
        measured.unnoted += u32::from(newest.is_none());
        Ok(())
    }
}

fn report(measured: &Measured, pairs: u32) -> Verdict {
    let ratios: Vec<f64> = measured.tracker.iter().zip(&measured.bare).map(|(one, other)| one / other).collect();
    for (name, values) in [("status-tracker", &measured.tracker), ("bare SQL", &measured.bare)] {
        let rate = Spread::of(values);
        println!("   {name:15} median {:.0}/s ({:.0} to {:.0})", rate.median, rate.least, rate.most);
    }
    let ratio = Spread::of(&ratios);
    println!("   to bare SQL     {:.3} ({:.3} to {:.3}), no goal", ratio.median, ratio.least, ratio.most);
    let reached = Spread::of(&measured.tracker).median;
    let holds = [
        ("as many a second as asked for", reached >= PER_SECOND),
        ("every message at its highest status, with its moments and its price", measured.astray == 0),
        (
            "no orphan, nothing left in a queue, nothing dead",
            measured.orphans == 0 && measured.left + measured.dead == 0,
        ),
        ("how far the statuses of the account came is noted", measured.unnoted == 0),
    ];
    for (what, ok) in holds {
        println!("   {}  {what}", if ok { "holds " } else { "BROKEN" });
    }
    let figures = json!({
        "goalPerSecond": PER_SECOND,
        "perSecond": spread(&measured.tracker),
        "barePerSecond": spread(&measured.bare),
        "ratio": spread(&ratios),
        "reference": "bare SQL that makes the same changes, on as many connections",
        "statuses": STATUSES,
        "messages": MESSAGES,
        "eventsInAMessage": TOGETHER,
        "connections": CONNECTIONS,
        "rounds": pairs,
        "astray": measured.astray,
        "orphans": measured.orphans,
        "left": measured.left,
        "dead": measured.dead,
        "residentBytes": measured.resident_bytes,
    });
    Verdict { ok: holds.iter().all(|(_, ok)| *ok), figures }
}
