//! `flow`: the engines and the janitor are killed again and again while customers answer. Afterwards each question was
//! asked once, and each answer used once, in order.
#![expect(clippy::print_stdout, reason = "printing is its job")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use sqlx::PgPool;
use tests::load::dialogue::{self, Count};
use tests::load::product::APP_SECRET;
use tests::load::{Connections, Name, Queues, Setup};
use tokio::time::{Instant, sleep};

use crate::faults::{self, Scene};
use crate::plan::{Fault, Load, Plan};
use crate::repairs::Repairs;
use crate::stage::Stage;
use crate::webhooks::{Poster, Webhooks};
use crate::{rows, taken};

/// What it is called by.
pub(crate) const NAME: &str = "flow";
const LASTS: Duration = Duration::from_mins(1);
/// Webhooks a second.
const RATE: u32 = 1_000;
/// Each of them so often.
const TIMES: usize = 8;
const KILLED: [Name; 3] = [Name::Flow, Name::OtherFlow, Name::Janitor];
const DELIVERY_LIMIT: Duration = Duration::from_mins(2);
const SETTLE_LIMIT: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(500);

/// What nobody has done yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
struct Left {
    inbox: i64,
    flow_events: i64,
    outbox: i64,
    dead_letters: i64,
}

impl Left {
    const NOTHING: Self = Self { inbox: 0, flow_events: 0, outbox: 0, dead_letters: 0 };

    async fn of(db: &PgPool) -> sqlx::Result<Self> {
        let query = "select (select count(*) from inbox) as inbox, (select count(*) from flow_events) as flow_events,
                            (select count(*) from outbox) as outbox,
                            (select count(*) from dead_letters) as dead_letters";
        sqlx::query_as(query).fetch_one(db).await
    }
}

/// Kills for `lasts` under `rate` webhooks a second (its own where not given), settles, counts; whether all held.
pub(crate) async fn run(setup: &Setup, lasts: Option<Duration>, rate: Option<u32>) -> anyhow::Result<bool> {
    let (lasts, rate) = (lasts.unwrap_or(LASTS), rate.unwrap_or(RATE));
    let faults = KILLED.map(Fault::Kill).repeat(TIMES);
    // A number sends and gets at once, and so each has half of what it may.
    let load = Load { webhooks: rate, sends: rate, hang_ups: 0 };
    let plan = Plan { load, ..Plan::spread(NAME, lasts, &faults) };
    println!("== {NAME}: {rate} answers/s for {} s, {} kills", lasts.as_secs_f64(), faults.len());
    let mut stage = Stage::set_with(setup, &plan, &[Name::ALL.as_slice(), &[Name::OtherFlow]].concat()).await?;
    let db = stage.database.open().await?;
    dialogue::install(&db).await?;
    let queues = Queues::open(&setup.rabbitmq_url, &stage.prefix).await?;
    let connections = Arc::new(Connections::to(stage.product.address(Name::Ingress)?));
    let without_broker = Arc::new(AtomicBool::new(false));
    let poster = Poster::new(connections, APP_SECRET, Arc::clone(&without_broker))?;
    let mut webhooks = poster.each_once(&stage.lines, Instant::now() + DELIVERY_LIMIT).await;
    let first = settle(&db, &queues, &webhooks).await?;

    let mut repairs = Repairs::default();
    let began = Instant::now();
    let until = began + lasts;
    let scene =
        Scene { setup, product: &mut stage.product, proxies: &stage.proxies, repairs: &mut repairs, without_broker };
    let (answers, events) =
        tokio::join!(poster.in_turn(&stage.lines, rate, until, until + DELIVERY_LIMIT), scene.act(&plan.steps, began),);
    webhooks.join(answers);
    let loaded = Instant::now();
    let left = settle(&db, &queues, &webhooks).await?;
    let settled_after = faults::rounded(loaded.elapsed());
    repairs.note(&stage.product, Name::Janitor).await;
    let mut broken = stage.product.ended()?;
    broken.extend(events.iter().filter_map(|event| event.problem.clone()));
    for (name, stopped) in stage.product.stop_all().await {
        broken.extend(stopped.err().map(|error| format!("{}: {error:#}", name.binary())));
    }
    let depths = queues.depths().await?;
    let count = Count::of(&db).await?;
    let stored = rows::inbound_count(&db).await?;
    let taken = taken::by_message(&stage.platform).messages;
    let twice = taken.values().filter(|ids| ids.len() > 1).count();
    let customers = stage.lines.len();

    let holds = [
        (
            "every webhook was answered 200 and is stored",
            webhooks.unanswered.is_empty() && count.said == webhooks.promised.len(),
        ),
        ("and once", usize::try_from(stored)? == count.said),
        ("every customer's flow began before the kills", first == Left::NOTHING && count.conversations == customers),
        ("every question was asked once", count.asked == count.said && count.strange == 0),
        ("every answer was used once", count.unused == 0 && count.used_twice == 0),
        ("in every conversation in order", count.out_of_order == 0),
        ("the platform took each question once", taken.len() == count.asked && twice == 0),
        ("nothing is left to do, and nothing dead", left == Left::NOTHING && depths.dead.values().sum::<u32>() == 0),
        ("every process was ready again, and ended when asked to", broken.is_empty()),
    ];
    println!("   webhooks answered 200 {}, customers {customers}", webhooks.promised.len());
    println!("   {}", json!(count));
    println!("   taken by the platform {}, twice {twice}; settled after {settled_after} s; left {left:?}", taken.len());
    println!("   lost wakes made good {}", repairs.lost_wakes);
    for (what, ok) in holds {
        println!("   {}  {what}", if ok { "holds " } else { "BROKEN" });
    }
    for problem in &broken {
        println!("   BROKEN  {problem}");
    }
    let ok = holds.iter().all(|(_, ok)| *ok);
    let recovered = events.iter().filter_map(|event| event.recovered).fold(0.0, f64::max);
    let result = json!({
        "chaos": NAME, "ok": ok, "broken": broken, "answersPerSecond": rate, "seconds": lasts.as_secs_f64(),
        "kills": events.len(), "longestRecoverySeconds": recovered, "promised": webhooks.promised.len(),
        "unanswered": webhooks.unanswered.len(), "stored": stored, "customers": customers, "count": count,
        "taken": taken.len(), "takenTwice": twice, "left": left, "dead": depths.dead.values().sum::<u32>(),
        "lostWakesRepaired": repairs.lost_wakes, "settledAfterSeconds": settled_after,
    });
    println!("RESULT {result}");
    drop((db, queues));
    if ok {
        stage.strike(setup).await?;
    }
    Ok(ok)
}

/// Looks until everything that was promised is stored, heard, answered and sent, or until it never will be.
async fn settle(db: &PgPool, queues: &Queues, webhooks: &Webhooks) -> anyhow::Result<Left> {
    let deadline = Instant::now() + SETTLE_LIMIT;
    loop {
        let stored = usize::try_from(rows::inbound_count(db).await?).unwrap_or(0);
        let waiting = queues.depths().await?.waiting();
        let left = Left::of(db).await?;
        let done = stored >= webhooks.promised.len() && waiting == 0 && left == Left::NOTHING;
        if done || Instant::now() >= deadline {
            return Ok(left);
        }
        sleep(POLL).await;
    }
}
