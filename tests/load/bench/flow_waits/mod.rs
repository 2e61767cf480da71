//! `bench flow-waits`: sessions that wait cost rows and no memory, and those that are due go on soon.
#![expect(clippy::print_stdout, reason = "printing is its job")]

use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;
use tests::load::{Name, Setup};
use tokio::time::{Instant, sleep};

use crate::e2e::ages::{forget_commit_times, keep_commit_times};
use crate::flow::stage::{Shape, Stage};
use crate::results::{Verdict, thousandth};

/// What it is called by.
pub(crate) const NAME: &str = "flow-waits";
const NAMES: [Name; 7] =
    [Name::Ingress, Name::Persist, Name::Flow, Name::OtherFlow, Name::Outbound, Name::Status, Name::Janitor];
const WATCHED: [Name; 3] = [Name::Flow, Name::OtherFlow, Name::Janitor];
const RATE: f64 = 1_000.0;
/// Memory is first looked at when this share waits: caches and pools are filled by then.
const FIRST: usize = 10;
/// What the others may add to it, for each process.
const MOST_MIB: f64 = 16.0;
/// So many are made due, evenly over so long.
const DUE: i32 = 1_000;
const DUE_OVER: Duration = Duration::from_secs(30);
const LATE: Duration = Duration::from_secs(2);
const LIMIT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(250);
/// Those that wait, all of them since the beginning.
const WAITING: &str = "select count(*) from waits";

/// How late what was due was queued, in seconds.
#[derive(sqlx::FromRow)]
struct Lateness {
    fired: i64,
    p50: f64,
    p99: f64,
    most: f64,
}

/// Measures with `sessions`, prints, and judges.
pub(crate) async fn run(setup: &Setup, sessions: usize) -> anyhow::Result<Verdict> {
    keep_commit_times(setup).await?;
    let shape = Shape { run: "bench-flow-waits", names: &NAMES, contacts: sessions, asks: false };
    let mut stage = Stage::open(setup, &shape).await?;
    println!("== flow-waits: {sessions} sessions wait, {DUE} of them are due within {} s", DUE_OVER.as_secs());
    let some = sessions / FIRST;
    stage.turn(RATE, lasts(some), WAITING).await?;
    let before = stage.memory(&WATCHED)?;
    stage.turn(RATE, lasts(sessions - some), WAITING).await?;
    let waiting: i64 = sqlx::query_scalar(WAITING).fetch_one(&stage.db).await?;
    let after = stage.memory(&WATCHED)?;
    make_due(&stage.db).await?;
    let late = until_fired(&stage.db).await?;
    let at_last = stage.memory(&WATCHED)?;
    let unsent = stage.until_sent().await?;
    let unread = stage.until_read().await?;
    let left = stage.close().await?;
    forget_commit_times(setup).await?;

    let grown: Vec<f64> = before.iter().zip(&at_last).map(|(before, after)| thousandth(after - before)).collect();
    let holds = [
        ("every session waits", usize::try_from(waiting)? == sessions),
        ("memory is flat", grown.iter().all(|grown| *grown <= MOST_MIB)),
        ("everything that was due went on, once", late.fired == i64::from(DUE)),
        ("and soon", late.most <= LATE.as_secs_f64()),
        ("nothing is left unsent, unread, in a queue or dead", unsent == 0 && unread == 0 && left == 0),
    ];
    let names = WATCHED.map(Name::binary);
    println!("   memory of {names:?}: {before:?} MiB with {some}, {after:?} with {sessions}, {at_last:?} at last");
    println!(
        "   due and queued {}: late p50 {:.2}  p99 {:.2}  most {:.2} s",
        late.fired, late.p50, late.p99, late.most
    );
    for (what, ok) in holds {
        println!("   {}  {what}", if ok { "holds " } else { "BROKEN" });
    }
    let figures = json!({
        "sessions": sessions,
        "waiting": waiting,
        "processes": names,
        "memoryMiB": { "atFirst": before, "waiting": after, "atLast": at_last },
        "goalGrownMiB": MOST_MIB,
        "grownMiB": grown,
        "due": DUE,
        "fired": late.fired,
        "goalLateSeconds": LATE.as_secs_f64(),
        "lateP50Seconds": thousandth(late.p50),
        "lateP99Seconds": thousandth(late.p99),
        "lateMostSeconds": thousandth(late.most),
        "unsent": unsent,
        "unread": unread,
        "left": left,
    });
    Ok(Verdict { ok: holds.iter().all(|(_, ok)| *ok), figures })
}

fn lasts(sessions: usize) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let sessions = sessions as f64;
    Duration::from_secs_f64(sessions / RATE)
}

/// Gives some of the waits a nearer time, and keeps it.
async fn make_due(db: &PgPool) -> anyhow::Result<()> {
    let table = "create unlogged table due (session_id uuid, conversation_id uuid primary key, due timestamptz)";
    sqlx::raw_sql(table).execute(db).await?;
    sqlx::query(
        "insert into due
             select session_id, conversation_id, now() + make_interval(secs => 5 + number * $2 / $1) as due
             from (select session_id, conversation_id, (row_number() over (order by md5(session_id::text)))::float8
                              as number from waits) as shuffled
             where number <= $1",
    )
    .bind(f64::from(DUE))
    .bind(DUE_OVER.as_secs_f64())
    .execute(db)
    .await?;
    sqlx::query("update waits set due = due.due from due where due.session_id = waits.session_id").execute(db).await?;
    Ok(())
}

/// Looks until all of them have spoken, or until none will any more.
async fn until_fired(db: &PgPool) -> anyhow::Result<Lateness> {
    let deadline = Instant::now() + DUE_OVER + LIMIT;
    loop {
        let queued: i64 = sqlx::query_scalar("select count(*) from queued_messages").fetch_one(db).await?;
        if queued >= i64::from(DUE) || Instant::now() >= deadline {
            break;
        }
        sleep(POLL).await;
    }
    let late = sqlx::query_as(
        "with late as (
             select extract(epoch from pg_xact_commit_timestamp(q.xmin) - due.due)::float8 as late
             from queued_messages q join due using (conversation_id)
         )
         select count(*) as fired, coalesce(percentile_disc(0.5) within group (order by late), 'nan') as p50,
                coalesce(percentile_disc(0.99) within group (order by late), 'nan') as p99,
                coalesce(max(late), 'nan') as most
         from late",
    )
    .fetch_one(db)
    .await?;
    Ok(late)
}
