//! `sender-kills`: the platform takes a message and holds its answer back; in that moment the sender is
//! killed. Each message ends up in doubt, and its status, which the platform tells later, settles it.
#![expect(clippy::print_stdout, reason = "printing is its job")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::json;
use simulator::{Behaviour, Delay, Fault, Match, Rule};
use sqlx::PgPool;
use tests::load::product::APP_SECRET;
use tests::load::{Connections, Name, Queues, Setup};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::api::Answer;
use crate::faults::READY_LIMIT;
use crate::plan::Plan;
use crate::stage::Stage;
use crate::webhooks::Poster;
use crate::{rows, settle, taken};

/// What it is called by.
pub(crate) const NAME: &str = "sender-kills";
const TIMES: usize = 50;
/// Longer than the sender lives.
const HELD_BACK: u64 = 120_000;
/// Statuses come after the dead sender's lease of a minute is over, and before a doubt may be sent again.
const SENT_AFTER: u64 = 85_000;
const TAKEN_LIMIT: Duration = Duration::from_secs(30);
const SETTLE_LIMIT: Duration = Duration::from_mins(4);
const POLL: Duration = Duration::from_millis(20);

/// Kills, settles, counts; whether everything held.
pub(crate) async fn run(setup: &Setup) -> anyhow::Result<bool> {
    println!("== {NAME}: {TIMES} senders die between the platform's acceptance and its answer");
    let plan = Plan::spread(NAME, Duration::ZERO, &[]);
    let mut stage = Stage::set(setup, &plan).await?;
    let db = stage.database.open().await?;
    let queues = Queues::open(&setup.rabbitmq_url, &stage.prefix).await?;
    let customers = &stage.lines[..TIMES];
    let connections = Arc::new(Connections::to(stage.product.address(Name::Ingress)?));
    let poster = Poster::new(connections, APP_SECRET, Arc::default())?;
    let webhooks = poster.each_once(customers, Instant::now() + SETTLE_LIMIT).await;
    let deadline = Instant::now() + SETTLE_LIMIT;
    settle::settle(&db, &queues, &stage.platform, webhooks.promised.len(), deadline).await?;
    let behaviour = stage.platform.behaviour();
    stage.platform.behave(Behaviour {
        sent_after_ms: Delay::millis(SENT_AFTER),
        delivered_after_ms: Delay::millis(SENT_AFTER + 200),
        read_after_ms: Delay::millis(SENT_AFTER + 400),
        ..behaviour
    });

    let mut doubted = BTreeSet::new();
    for (number, conversation) in rows::conversations(&db).await?.into_iter().take(TIMES).enumerate() {
        kill_in_the_call(&mut stage, number, conversation).await?;
        doubted.extend(in_doubt(&db).await?);
    }
    let settled = until_settled(&db, &stage, &mut doubted).await?;
    let counts = stage.platform.counts().requests;
    let by_message = taken::by_message(&stage.platform).messages;
    let outbound = rows::outbound(&db).await?;
    let read = outbound.iter().filter(|row| row.status == "read" && by_message.contains_key(&row.id)).count();
    let doubts: i64 = sqlx::query_scalar("select count(*) from doubts").fetch_one(&db).await?;
    let twice = by_message.values().filter(|ids| ids.len() > 1).count();
    let holds = [
        ("every message was taken by the platform", by_message.len() == TIMES),
        ("none was taken twice", twice == 0 && counts.duplicates == 0),
        ("each was in doubt", doubted.len() == TIMES),
        ("each was settled by its status", settled && read == TIMES && doubts == 0),
    ];
    for (what, ok) in holds {
        println!("   {}  {what}", if ok { "holds " } else { "BROKEN" });
    }
    let ok = holds.iter().all(|(_, ok)| *ok);
    let result = json!({
        "chaos": NAME, "ok": ok, "kills": TIMES, "taken": by_message.len(), "twice": twice,
        "inDoubt": doubted.len(), "settledByStatus": read, "doubtsLeft": doubts,
    });
    println!("RESULT {result}");
    stage.product.stop_all().await;
    drop((db, queues));
    if ok {
        stage.strike(setup).await?;
    }
    Ok(ok)
}

/// One message, taken by the platform; its sender dies before it hears of that, and is started again.
async fn kill_in_the_call(stage: &mut Stage, number: usize, conversation: Uuid) -> anyhow::Result<()> {
    let before = stage.platform.counts().requests.accepted;
    let fault = Fault::AcceptThenHang { millis: HELD_BACK };
    stage.platform.fail(Rule { matching: Match::default(), fault, times: 1 });
    let reference = format!("kill-{number}");
    let api = stage.api.clone();
    // The API waits for the outcome for a while, and there is none.
    let asked = async move { api.send(conversation, &reference).await };
    let killed = async {
        let deadline = Instant::now() + TAKEN_LIMIT;
        while stage.platform.counts().requests.accepted == before {
            ensure!(Instant::now() < deadline, "message {number} is not taken in time");
            sleep(POLL).await;
        }
        stage.product.process(Name::Outbound)?.kill().await?;
        stage.product.start(Name::Outbound)?;
        stage.product.all_ready(READY_LIMIT).await
    };
    let (answer, killed) = tokio::join!(asked, killed);
    killed.with_context(|| format!("message {number}"))?;
    ensure!(answer != Answer::NotAsked, "message {number}: nobody took it");
    println!("   killed {:2}: {answer:?}", number + 1);
    Ok(())
}

async fn in_doubt(db: &PgPool) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar("select id from messages where direction = 'outbound' and status = 'in_doubt'")
        .fetch_all(db)
        .await
}

/// Looks on until every message is read; whether that came to be in time.
async fn until_settled(db: &PgPool, stage: &Stage, doubted: &mut BTreeSet<Uuid>) -> anyhow::Result<bool> {
    let deadline = Instant::now() + SETTLE_LIMIT;
    loop {
        doubted.extend(in_doubt(db).await?);
        let unread = rows::outbound(db).await?.iter().filter(|row| row.status != "read").count();
        if unread == 0 && stage.platform.counts().webhooks.pending == 0 {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        sleep(POLL * 10).await;
    }
}
