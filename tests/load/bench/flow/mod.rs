//! `bench flow`: customers in the middle of a flow answer, and are asked the next question: how old an answer is
//! when that question stands in the outbox, with two engines and everything else on one machine.
#![expect(clippy::print_stdout, reason = "printing is its job")]

mod ages;
pub(crate) mod stage;

use std::time::Duration;

use serde_json::json;
use tests::load::dialogue::Count;
use tests::load::{Name, Setup};

use crate::e2e::ages::{forget_commit_times, keep_commit_times};
use crate::results::{Verdict, thousandth};
use ages::Ages;
use stage::{ENGINES, Shape, Stage};

/// What it is called by.
pub(crate) const NAME: &str = "flow";
/// Every process that has to do with it.
const NAMES: [Name; 7] =
    [Name::Ingress, Name::Persist, Name::Status, Name::Flow, Name::OtherFlow, Name::Outbound, Name::Janitor];
const SHAPE: Shape<'static> = Shape { run: "bench-flow", names: &NAMES, contacts: CONTACTS, asks: true };
const ASKED: &str = "select count(*) from queued_messages";
const CONTACTS: usize = 10_000;
const RATE: f64 = 1_000.0;
const LASTS: Duration = Duration::from_mins(1);
/// Everybody begins: slower than the load, which is not measured yet.
const BEGIN_AT: f64 = 500.0;
const P99_MS: f64 = 500.0;
/// At least this share of the rate is posted, and answered while customers write.
const KEPT_UP: f64 = 0.98;

/// Measures for `lasts` (a minute where that is not said), prints, and judges.
pub(crate) async fn run(setup: &Setup, lasts: Option<Duration>) -> anyhow::Result<Verdict> {
    let lasts = lasts.unwrap_or(LASTS);
    keep_commit_times(setup).await?;
    let mut stage = Stage::open(setup, &SHAPE).await?;
    println!("== flow: {CONTACTS} contacts in the middle of a flow of 6 nodes, {RATE}/s for {} s", lasts.as_secs());
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let begin = stage.turn(BEGIN_AT, Duration::from_secs_f64(CONTACTS as f64 / BEGIN_AT), ASKED).await?;
    println!("   begun    {} contacts, the last {:.2} s after the load", begin.accepted, begin.drained.as_secs_f64());
    let before = stage.processor_time(&ENGINES)?;
    let turn = stage.turn(RATE, lasts, ASKED).await?;
    let used = stage.processor_time(&ENGINES)?.saturating_sub(before);
    let unsent = stage.until_sent().await?;
    let unread = stage.until_read().await?;
    let count = Count::of(&stage.db).await?;
    let ages = Ages::of(&stage.db, &count, &turn).await?;
    let memory = stage.memory(&ENGINES)?;
    let requests = stage.platform.counts().requests;
    let left = stage.close().await?;
    forget_commit_times(setup).await?;

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let rate = |count: usize| count as f64 / turn.took.as_secs_f64();
    let (posted, answered) = (rate(turn.accepted), rate(ages.in_time));
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let micros = used.as_secs_f64() * 1e6 / turn.accepted.max(1) as f64;
    let holds = [
        ("an answer is as old as allowed at most, 99 of 100", ages.p99 < P99_MS),
        ("the rate was posted, and all of it accepted", posted >= RATE * KEPT_UP && turn.accepted == turn.offered),
        ("as much was answered meanwhile", answered >= RATE * KEPT_UP),
        ("every contact was in the flow", count.conversations == CONTACTS),
        ("each question was asked once, each answer used once, in order", count.holds()),
        ("each was sent once", unsent == 0 && requests.duplicates == 0),
        ("nothing is left unread, in a queue or dead", unread == 0 && left == 0),
    ];
    println!(
        "   posted   {posted:.0}/s, {} refused; the ingress' answers p99 {:.1} ms",
        turn.refused, turn.answered_p99
    );
    println!("   answered {answered:.0}/s meanwhile, the last {:.2} s after the load", turn.drained.as_secs_f64());
    println!("   age      p50 {:.1}  p99 {:.1}  most {:.1} ms, goal p99 {P99_MS}", ages.p50, ages.p99, ages.most);
    println!(
        "   said {}, asked {}; unused {}, used twice {}, strange {}, conversations out of order {}",
        count.said, count.asked, count.unused, count.used_twice, count.strange, count.out_of_order
    );
    println!("   taken by the platform {}; the engines hold {memory:?} MiB", requests.accepted);
    println!(
        "   processor time of the engines for an answer {micros:.0} us: a core of them carries {:.0}/s",
        1e6 / micros
    );
    for (what, ok) in holds {
        println!("   {}  {what}", if ok { "holds " } else { "BROKEN" });
    }
    let figures = json!({
        "contacts": CONTACTS,
        "engines": ENGINES.len(),
        "perSecond": RATE,
        "seconds": lasts.as_secs(),
        "goalP99Ms": P99_MS,
        "p50Ms": thousandth(ages.p50),
        "p99Ms": thousandth(ages.p99),
        "mostMs": thousandth(ages.most),
        "postedPerSecond": thousandth(posted),
        "answeredPerSecond": thousandth(answered),
        "drainedSeconds": thousandth(turn.drained.as_secs_f64()),
        "refused": turn.refused,
        "count": count,
        "takenByPlatform": requests.accepted,
        "takenTwice": requests.duplicates,
        "unsent": unsent,
        "unread": unread,
        "left": left,
        "engineMemoryMiB": memory,
        "engineMicrosPerAnswer": thousandth(micros),
    });
    Ok(Verdict { ok: holds.iter().all(|(_, ok)| *ok), figures })
}
