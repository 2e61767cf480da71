//! The product with two engines of flows, and customers in the middle of a flow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use shared::domain::clock;
use simulator::{Behaviour, Config, Limit, Simulator};
use sqlx::PgPool;
use tests::load::product::APP_SECRET;
use tests::load::{Database, Name, Product, Queues, Setup, Signer, dialogue};
use tokio::time::sleep;

use crate::customers::Customers;
use crate::figures::percentile;
use crate::webhooks::{self, Pace, Requests};

const READY_LIMIT: Duration = Duration::from_secs(30);
const CONNECTIONS: usize = 128;
/// What is not answered by then never will be.
const ANSWER_LIMIT: Duration = Duration::from_mins(3);
const POLL: Duration = Duration::from_millis(50);
/// In and out together, above what is asked for: it is not the number's limit that is measured.
const THROUGHPUT: u32 = 4_000;
const PAIR_BURST: u32 = 200;
/// Those that step flows.
pub(crate) const ENGINES: [Name; 2] = [Name::Flow, Name::OtherFlow];

/// What a stage is made for.
pub(crate) struct Shape<'a> {
    /// Names its database, its queues and its logs.
    pub(crate) run: &'a str,
    pub(crate) names: &'a [Name],
    pub(crate) contacts: usize,
    /// Whether the flow asks; it only waits where not.
    pub(crate) asks: bool,
}

/// What runs.
pub(crate) struct Stage {
    pub(crate) product: Product,
    pub(crate) db: PgPool,
    pub(crate) platform: Simulator,
    queues: Queues,
    database: Database,
    customers: Customers,
    signer: Signer,
    written: usize,
}

/// What one turn of writing has shown.
pub(crate) struct Turn {
    pub(crate) since: DateTime<Utc>,
    pub(crate) took: Duration,
    pub(crate) offered: usize,
    pub(crate) accepted: usize,
    pub(crate) refused: u64,
    /// From when a webhook was due to its answer.
    pub(crate) answered_p99: f64,
    /// From the last answer of the ingress to the last question of the flow.
    pub(crate) drained: Duration,
}

impl Stage {
    pub(crate) async fn open(setup: &Setup, shape: &Shape<'_>) -> anyhow::Result<Self> {
        let prefix = format!("{}.", shape.run);
        let queues = Queues::open(&setup.rabbitmq_url, &prefix).await?;
        queues.remove().await?;
        let database = Database::fresh(setup, &format!("loa_{}", shape.run.replace('-', "_"))).await?;
        let platform = Simulator::start(platform()).await?;
        let own = [
            ("DATABASE_URL", database.login()),
            ("DATABASE_ADMIN_URL", database.admin()),
            ("RABBITMQ_PREFIX", &prefix),
            ("WHATSAPP_API_BASE_URL", platform.url()),
        ];
        let mut product = Product::new(setup, shape.run, shape.names, &own)?;
        product.command(&["migrate"]).await?;
        let seed = product.logs().join("seed.json");
        product.command(&["seed-demo", "--out", seed.to_str().context("the path of the logs is no text")?]).await?;
        let db = database.open().await?;
        let customers = Customers::fill(&db, shape.contacts).await?;
        if shape.asks {
            dialogue::install(&db).await?;
        } else {
            dialogue::install_wait(&db).await?;
        }
        sqlx::query("update accounts set throughput_per_second = $1")
            .bind(i32::try_from(THROUGHPUT)?)
            .execute(&db)
            .await?;
        sqlx::raw_sql("analyze").execute(&db).await?;
        product.start_all(READY_LIMIT).await?;
        let signer = Signer::new(APP_SECRET)?;
        Ok(Self { product, db, platform, queues, database, customers, signer, written: 0 })
    }

    /// Customers write `rate` webhooks a second for `lasts`, one after the other; returns when `done` counts as many
    /// as were ever written, or when they never will be.
    pub(crate) async fn turn(&mut self, rate: f64, lasts: Duration, done: &'static str) -> anyhow::Result<Turn> {
        let requests = self.requests(rate, lasts);
        let offered = requests.left();
        let address = self.product.address(Name::Ingress)?;
        let since = clock::now();
        let driven = webhooks::drive(address, CONNECTIONS, lasts * 2, Pace::PerSecond(rate), &requests).await?;
        let ended = Instant::now();
        self.until_done(done).await?;
        let mut latencies = driven.latencies;
        latencies.sort_unstable();
        Ok(Turn {
            since,
            took: driven.took,
            offered,
            accepted: latencies.len(),
            refused: driven.refused.values().sum(),
            answered_p99: percentile(&latencies, 0.99),
            drained: ended.elapsed(),
        })
    }

    fn requests(&mut self, rate: f64, lasts: Duration) -> Arc<Requests> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let count = (rate * lasts.as_secs_f64()).round() as usize;
        let from = self.written;
        self.written += count;
        let body = |number: usize| {
            let id = format!("wamid.HBgLODQ5MDAwMDAwMDAVAgASGBQz{number:020}AA==");
            Bytes::from(self.customers.line(number).says(&id, &format!("{} {number}", dialogue::BEGINNING)))
        };
        Arc::new(Requests::render((from..from + count).map(body), &self.signer))
    }

    /// What is not done at the limit, the count afterwards tells why.
    async fn until_done(&self, done: &'static str) -> anyhow::Result<()> {
        let deadline = Instant::now() + ANSWER_LIMIT;
        loop {
            let done: i64 = sqlx::query_scalar(done).fetch_one(&self.db).await?;
            if usize::try_from(done)? >= self.written || Instant::now() >= deadline {
                return Ok(());
            }
            sleep(POLL).await;
        }
    }

    /// Returns when the flow has read every message and heard every event (that a question was sent is one), or at the
    /// limit; how many it has not.
    pub(crate) async fn until_read(&self) -> anyhow::Result<i64> {
        let count = "select (select count(*) from inbox) + (select count(*) from flow_events)";
        let deadline = Instant::now() + ANSWER_LIMIT;
        loop {
            let left: i64 = sqlx::query_scalar(count).fetch_one(&self.db).await?;
            if left == 0 || Instant::now() >= deadline {
                return Ok(left);
            }
            sleep(POLL).await;
        }
    }

    /// Returns when everything that was queued is sent, or at the limit; how much is not.
    pub(crate) async fn until_sent(&self) -> anyhow::Result<i64> {
        let deadline = Instant::now() + ANSWER_LIMIT;
        loop {
            let left: i64 = sqlx::query_scalar("select count(*) from outbox").fetch_one(&self.db).await?;
            if left == 0 || Instant::now() >= deadline {
                return Ok(left);
            }
            sleep(POLL).await;
        }
    }

    /// The processor time that `names` have used, all together.
    pub(crate) fn processor_time(&mut self, names: &[Name]) -> anyhow::Result<Duration> {
        names.iter().map(|name| self.product.process(*name)?.processor_time()).sum()
    }

    /// The memory of `names`, in MiB.
    pub(crate) fn memory(&mut self, names: &[Name]) -> anyhow::Result<Vec<f64>> {
        names.iter().map(|name| Ok(mebibytes(self.product.process(*name)?.resident_bytes()?))).collect()
    }

    /// Stops everything; what was left in queues, dead letters included.
    pub(crate) async fn close(mut self) -> anyhow::Result<u32> {
        let ended = self.product.ended()?;
        ensure!(ended.is_empty(), "ended by themselves: {ended:?}");
        for (name, stopped) in self.product.stop_all().await {
            stopped.with_context(|| format!("{} does not stop", name.binary()))?;
        }
        let depths = self.queues.depths().await?;
        self.platform.stop().await;
        self.db.close().await;
        self.queues.remove().await?;
        self.database.remove().await?;
        Ok(depths.waiting() + depths.dead.values().sum::<u32>())
    }
}

/// It takes everything, and tells nobody what became of it: statuses are another benchmark's.
fn platform() -> Config {
    let behaviour =
        Behaviour { throughput: Limit::of(THROUGHPUT), pair_burst: Limit::of(PAIR_BURST), ..Behaviour::default() };
    Config { records: 1_000, behaviour, ..Config::default() }
}

/// Bytes as MiB, to the tenth.
fn mebibytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let mebibytes = bytes as f64 / (1024.0 * 1024.0);
    (mebibytes * 10.0).round() / 10.0
}
