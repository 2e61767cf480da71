//! `bench pace`: two senders share one number's limit.
#![expect(clippy::print_stdout, reason = "printing is its job")]

mod backlog;
mod measured;

use std::time::Duration;

use anyhow::{Context, ensure};
use secrecy::SecretString;
use serde_json::{Value, json};
use shared::broker::{Broker, BrokerConfig, Metrics, Queue};
use shared::domain::ids::AccountId;
use shared::events::wake::WakeAccount;
use simulator::{Behaviour, Config, Limit, Simulator};
use sqlx::PgPool;
use tests::load::{Database, Name, Product, Queues, Setup};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::results::Verdict;
use backlog::Backlog;
use measured::Measured;

/// What it is called by.
pub(crate) const NAME: &str = "pace";
const PREFIX: &str = "bench-pace.";
const READY_LIMIT: Duration = Duration::from_secs(30);
/// The number's limit, and how far the simulator's count of arrivals may be above it: they come with the
/// network's jitter.
const LIMIT: u32 = 80;
const ARRIVALS: u32 = LIMIT + LIMIT / 50;
/// Meta's burst towards one customer.
const PAIR_BURST: u32 = 45;
/// Each consumer of both senders gets a wake.
const WAKES: usize = 64;
const POLL: Duration = Duration::from_millis(250);

/// What is sent: to so many, so many messages each.
#[derive(Clone, Copy, Debug)]
struct Shape {
    recipients: usize,
    each: usize,
    /// The share of the limit that has to be kept up while there is work.
    least_share: Option<f64>,
}

/// With few recipients the platform's rate for each of them (one message in 6 s) binds as much as the
/// number's limit, so how much of the latter is used is asked for where it alone binds.
const SHAPES: [Shape; 2] = [
    Shape { recipients: 500, each: 10, least_share: None },
    Shape { recipients: 2_500, each: 2, least_share: Some(0.97) },
];

/// Measures, prints, and judges.
pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Verdict> {
    let (mut ok, mut cases) = (true, Vec::new());
    for shape in SHAPES {
        let (holds, figures) = report(&measure(setup, shape).await?, shape);
        ok &= holds;
        cases.push(figures);
    }
    Ok(Verdict { ok, figures: json!({ "limitPerSecond": LIMIT, "cases": cases }) })
}

async fn measure(setup: &Setup, shape: Shape) -> anyhow::Result<Measured> {
    let queues = Queues::open(&setup.rabbitmq_url, PREFIX).await?;
    queues.remove().await?;
    let database = Database::fresh(setup, "loa_bench_pace").await?;
    let platform = Simulator::start(platform(shape)).await?;
    let own = [
        ("DATABASE_URL", database.login()),
        ("DATABASE_ADMIN_URL", database.admin()),
        ("RABBITMQ_PREFIX", PREFIX),
        ("WHATSAPP_API_BASE_URL", platform.url()),
        ("OUTBOUND_REPLICAS", "2"),
    ];
    let names = [Name::Outbound, Name::OtherOutbound, Name::Janitor];
    let mut product = Product::new(setup, "bench-pace", &names, &own)?;
    product.command(&["migrate"]).await?;
    let seed = product.logs().join("seed.json");
    product.command(&["seed-demo", "--out", seed.to_str().context("the path of the logs is no text")?]).await?;
    let db = database.open().await?;
    let account =
        backlog::fill(&db, database.login(), Backlog { recipients: shape.recipients, each: shape.each }).await?;
    product.start_all(READY_LIMIT).await?;
    println!(
        "== pace: {} messages to {} recipients, {LIMIT}/s, two senders",
        shape.recipients * shape.each,
        shape.recipients
    );
    wake(setup, account).await?;
    until_sent(&db, shape).await?;
    let mut measured = Measured::of(&db, &platform).await?;
    for name in [Name::Outbound, Name::OtherOutbound] {
        measured.slots_kept += product.metric_where(name, "loa_outbound_slots_total", "kept").await?;
        measured.slots_missed += product.metric_where(name, "loa_outbound_slots_total", "missed").await?;
        measured.pair_waits += product.metric(name, "loa_outbound_pair_waits_total").await?;
    }
    for name in names {
        product.terminate(name).await?;
    }
    platform.stop().await;
    drop(db);
    queues.remove().await?;
    database.remove().await?;
    Ok(measured)
}

fn platform(shape: Shape) -> Config {
    let behaviour =
        Behaviour { throughput: Limit::of(ARRIVALS), pair_burst: Limit::of(PAIR_BURST), ..Behaviour::default() };
    Config { records: shape.recipients * shape.each * 2, behaviour, ..Config::default() }
}

/// Wakes both senders: the broker gives the wakes to their consumers in turn.
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

async fn until_sent(db: &PgPool, shape: Shape) -> anyhow::Result<()> {
    let messages = shape.recipients * shape.each;
    let deadline = Instant::now() + Duration::from_mins(1) + Duration::from_millis(messages as u64 * 1_000 / 40);
    loop {
        let left: i64 = sqlx::query_scalar("select count(*) from outbox").fetch_one(db).await?;
        if left == 0 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{left} messages are not sent in time");
        sleep(POLL).await;
    }
}

/// Whether it holds, and its figures.
fn report(measured: &Measured, shape: Shape) -> (bool, Value) {
    let messages = shape.recipients * shape.each;
    let kept_up = measured.busy_per_second / f64::from(LIMIT);
    let holds = [
        ("every message was sent", measured.sent == messages),
        ("no message was sent twice", measured.duplicates == 0),
        ("no second above the limit by send stamps", measured.most_stamps <= LIMIT as usize),
        ("no second above it by 2 % by the platform's arrivals", measured.most_arrivals <= ARRIVALS as usize),
        ("the platform refused nothing", measured.refusals.is_empty()),
        ("every conversation in order", measured.out_of_order == 0),
        ("as much of the limit as is asked for", shape.least_share.is_none_or(|least| kept_up >= least)),
    ];
    println!("   sent            {} in {:.2} s by {} senders' slots", measured.sent, measured.seconds, 2);
    println!("   rate            {:.2}/s in all", measured.per_second);
    println!("   while busy      {:.2}/s, {:.2} % of the limit", measured.busy_per_second, kept_up * 100.0);
    println!("   most in 1 s     {} by send stamps, {} by arrivals", measured.most_stamps, measured.most_arrivals);
    println!("   refused         {:?}", measured.refusals);
    println!(
        "   slots           {} kept, {} missed: the machine was too busy",
        measured.slots_kept, measured.slots_missed
    );
    println!("   waits for pairs {}", measured.pair_waits);
    println!("   out of order    {}", measured.out_of_order);
    for (what, ok) in holds {
        println!("   {}  {what}", if ok { "holds " } else { "BROKEN" });
    }
    let ok = holds.iter().all(|(_, ok)| *ok);
    let figures = json!({
        "ok": ok,
        "messages": messages,
        "recipients": shape.recipients,
        "goal": shape.least_share,
        "sent": measured.sent,
        "perSecond": (measured.per_second * 100.0).round() / 100.0,
        "busyPerSecond": (measured.busy_per_second * 100.0).round() / 100.0,
        "share": (kept_up * 10_000.0).round() / 10_000.0,
        "mostInASecondByStamps": measured.most_stamps,
        "mostInASecondByArrivals": measured.most_arrivals,
        "refusals": measured.refusals,
        "duplicates": measured.duplicates,
        "slotsKept": measured.slots_kept,
        "slotsMissed": measured.slots_missed,
        "pairWaits": measured.pair_waits,
        "outOfOrder": measured.out_of_order,
    });
    (ok, figures)
}
