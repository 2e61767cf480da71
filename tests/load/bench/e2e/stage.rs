//! The product as a whole on one machine, and known customers who write to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use shared::domain::clock;
use sqlx::PgPool;
use tests::load::product::APP_SECRET;
use tests::load::{Database, Name, Product, Queues, Setup, Signer};
use tokio::time::sleep;

use super::ages::Ages;
use crate::customers::Customers;
use crate::figures::percentile;
use crate::webhooks::{self, Pace, Requests};

const PREFIX: &str = "bench-e2e.";
const READY_LIMIT: Duration = Duration::from_secs(30);
const CUSTOMERS: usize = 20_000;
const CONNECTIONS: usize = 256;
/// What is not stored by then is lost.
const STORE_LIMIT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(20);
/// The text of a message: with it a body has about 700 bytes, as `bench ingress` posts them.
const TEXT: &str = "Xin chào, đơn hàng của tôi khi nào được giao? Tôi đã đặt hai cái áo, một xanh và một trắng, hôm thứ ba. \
                    Nếu chưa gửi thì cho tôi đổi địa chỉ nhận hàng.";

/// What runs.
pub(super) struct Stage {
    product: Product,
    queues: Queues,
    database: Database,
    db: PgPool,
    customers: Customers,
    signer: Signer,
    written: usize,
    /// Webhooks that got 200, and that got anything else, all turns together.
    pub(super) accepted: u64,
    pub(super) refused: u64,
}

/// What one turn at a steady rate has shown.
pub(super) struct Turn {
    pub(super) rate: f64,
    /// Webhooks that were to be posted.
    pub(super) offered: u64,
    pub(super) accepted: u64,
    pub(super) refused: u64,
    pub(super) ages: Ages,
    /// From when a webhook was due to its answer.
    pub(super) answered_p99: f64,
    /// From the last answer to the last row.
    pub(super) drained: Duration,
}

impl Stage {
    pub(super) async fn open(setup: &Setup) -> anyhow::Result<Self> {
        let queues = Queues::open(&setup.rabbitmq_url, PREFIX).await?;
        queues.remove().await?;
        let database = Database::fresh(setup, "loa_bench_e2e").await?;
        let own =
            [("DATABASE_URL", database.login()), ("DATABASE_ADMIN_URL", database.admin()), ("RABBITMQ_PREFIX", PREFIX)];
        let mut product = Product::new(setup, "bench-e2e", &Name::ALL, &own)?;
        product.command(&["migrate"]).await?;
        let seed = product.logs().join("seed.json");
        product.command(&["seed-demo", "--out", seed.to_str().context("the path of the logs is no text")?]).await?;
        let db = database.open().await?;
        let customers = Customers::fill(&db, CUSTOMERS).await?;
        sqlx::raw_sql("analyze").execute(&db).await?;
        product.start_all(READY_LIMIT).await?;
        let signer = Signer::new(APP_SECRET)?;
        Ok(Self { product, queues, database, db, customers, signer, written: 0, accepted: 0, refused: 0 })
    }

    /// Customers write `rate` webhooks a second for `lasts`, each a new message of the next customer.
    pub(super) async fn turn(&mut self, rate: f64, lasts: Duration) -> anyhow::Result<Turn> {
        let requests = self.requests(rate, lasts);
        let offered = requests.left();
        let address = self.product.address(Name::Ingress)?;
        let since = clock::now();
        let driven = webhooks::drive(address, CONNECTIONS, lasts * 2, Pace::PerSecond(rate), &requests).await?;
        let ended = Instant::now();
        let accepted = driven.latencies.len() as u64;
        let refused: u64 = driven.refused.values().sum();
        self.accepted += accepted;
        self.refused += refused;
        self.until_stored().await?;
        let drained = ended.elapsed();
        let ages = Ages::of(&self.db, since, driven.took).await?;
        let mut latencies = driven.latencies;
        latencies.sort_unstable();
        let answered_p99 = percentile(&latencies, 0.99);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let rate = accepted as f64 / driven.took.as_secs_f64();
        Ok(Turn { rate, offered: offered as u64, accepted, refused, ages, answered_p99, drained })
    }

    fn requests(&mut self, rate: f64, lasts: Duration) -> Arc<Requests> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let count = (rate * lasts.as_secs_f64()) as usize;
        let from = self.written;
        self.written += count;
        let body = |number: usize| {
            let id = format!("wamid.HBgLODQ5MDAwMDAwMDAVAgASGBQz{number:020}AA==");
            Bytes::from(self.customers.line(number).says(&id, TEXT))
        };
        Arc::new(Requests::render((from..from + count).map(body), &self.signer))
    }

    async fn until_stored(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + STORE_LIMIT;
        loop {
            let stored = self.product.metric_where(Name::Persist, "loa_persist_messages_total", "stored").await?;
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            if stored >= self.accepted as f64 {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{stored} of {} messages are stored in time", self.accepted);
            sleep(POLL).await;
        }
    }

    /// The share of events that `message-persistence` itself saw stored within 150 ms.
    pub(super) async fn within_150_ms(&self) -> anyhow::Result<f64> {
        let age = "loa_persist_event_age_seconds";
        let within = self.product.metric_where(Name::Persist, &format!("{age}_bucket"), "0.15").await?;
        Ok(within / self.product.metric(Name::Persist, &format!("{age}_count")).await?)
    }

    /// Rows, and how many messages they are.
    pub(super) async fn stored(&self) -> anyhow::Result<(i64, i64)> {
        let counts = "select count(*), count(distinct platform_id) from messages where direction = 'inbound'";
        Ok(sqlx::query_as(counts).fetch_one(&self.db).await?)
    }

    /// Stops everything; what was left in queues, dead letters included.
    pub(super) async fn close(mut self) -> anyhow::Result<u32> {
        for (name, stopped) in self.product.stop_all().await {
            stopped.with_context(|| format!("{} does not stop", name.binary()))?;
        }
        let depths = self.queues.depths().await?;
        self.db.close().await;
        self.queues.remove().await?;
        self.database.remove().await?;
        Ok(depths.waiting() + depths.dead.values().sum::<u32>())
    }
}
