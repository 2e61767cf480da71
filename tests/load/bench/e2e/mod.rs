//! `bench e2e`: from the webhook's arrival to the stored row, with the whole product on one machine and nothing
//! that answers: how old events are at a steady rate, and the highest rate at which they do not grow older.
#![expect(clippy::print_stdout, reason = "printing is its job")]

pub(crate) mod ages;
mod stage;

use std::time::Duration;

use serde_json::{Value, json};
use tests::load::Setup;

use crate::results::{Verdict, thousandth};
use stage::{Stage, Turn};

/// What it is called by.
pub(crate) const NAME: &str = "e2e";
const WARM_UP: (f64, Duration) = (2_000.0, Duration::from_secs(4));
const STEADY: f64 = 3_000.0;
const STEADY_FOR: Duration = Duration::from_mins(1);
const STEADY_P99_MS: f64 = 150.0;
/// The search: each turn so much faster than the one before, until two in a row do not hold.
const FIRST: f64 = 4_000.0;
const STEP: f64 = 1_000.0;
const FASTEST: f64 = 30_000.0;
const STEP_FOR: Duration = Duration::from_secs(12);
const GOAL: f64 = 8_000.0;
/// Age does not grow: the middle of the last third is above that of the first by at most this,
const GROWTH_MS: f64 = 50.0;
/// the last row is there so soon after the last answer,
const DRAINED: Duration = Duration::from_secs(1);
/// and the load was really posted: at least this share of its rate.
const KEPT_UP: f64 = 0.98;

/// Measures, prints, and judges.
pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Verdict> {
    ages::keep_commit_times(setup).await?;
    let mut stage = Stage::open(setup).await?;
    println!("== e2e: {STEADY}/s for {} s", STEADY_FOR.as_secs());
    show("warm-up", &stage.turn(WARM_UP.0, WARM_UP.1).await?);
    let steady = stage.turn(STEADY, STEADY_FOR).await?;
    show("steady", &steady);
    let within = stage.within_150_ms().await?;
    println!("   by the worker's own histogram {:.2} % are stored within 150 ms", within * 100.0);
    let (highest, steps) = search(&mut stage).await?;
    let (accepted, refused) = (stage.accepted, stage.refused);
    let (rows, messages) = stage.stored().await?;
    let left = stage.close().await?;
    ages::forget_commit_times(setup).await?;

    // What was refused may have been made durable all the same, after its answer.
    let stored = u64::try_from(messages).unwrap_or(0);
    let holds = [
        ("as old as allowed at most, 99 of 100, at the steady rate", steady.ages.p99 < STEADY_P99_MS && within >= 0.99),
        ("the steady rate was posted, and all of it accepted", kept_up(&steady, STEADY) && steady.refused == 0),
        ("the highest rate is as high as asked for", highest >= GOAL),
        ("each that got 200 is stored", (accepted..=accepted + refused).contains(&stored)),
        ("and once", rows == messages),
        ("nothing left in a queue, nothing dead", left == 0),
    ];
    println!("   highest rate at which age does not grow: {highest:.0}/s, goal {GOAL:.0}/s");
    println!("   {accepted} got 200, {refused} did not; {rows} rows of {messages} messages");
    for (what, ok) in holds {
        println!("   {}  {what}", if ok { "holds " } else { "BROKEN" });
    }
    let figures = json!({
        "steadyPerSecond": STEADY,
        "steadySeconds": STEADY_FOR.as_secs(),
        "goalP99Ms": STEADY_P99_MS,
        "p50Ms": thousandth(steady.ages.p50),
        "p99Ms": thousandth(steady.ages.p99),
        "mostMs": thousandth(steady.ages.most),
        "within150Ms": thousandth(within),
        "goalPerSecond": GOAL,
        "highestPerSecond": highest,
        "steps": steps,
        "accepted": accepted,
        "refused": refused,
        "rows": rows,
        "messages": messages,
        "left": left,
    });
    Ok(Verdict { ok: holds.iter().all(|(_, ok)| *ok), figures })
}

/// The highest rate that holds, and what each turn has shown.
async fn search(stage: &mut Stage) -> anyhow::Result<(f64, Vec<Value>)> {
    println!("== e2e: the highest rate, {} s each", STEP_FOR.as_secs());
    let (mut highest, mut missed, mut steps) = (0.0_f64, 0, Vec::new());
    let mut rate = FIRST;
    while rate <= FASTEST && missed < 2 {
        let turn = stage.turn(rate, STEP_FOR).await?;
        let holds = does_not_grow(&turn, rate);
        show(if holds { "holds" } else { "grows" }, &turn);
        steps.push(figures(&turn, rate, holds));
        if holds {
            highest = highest.max(rate);
            missed = 0;
            rate += STEP;
        } else {
            // Once may be the machine's doing: the same rate again.
            missed += 1;
        }
    }
    Ok((highest, steps))
}

fn does_not_grow(turn: &Turn, rate: f64) -> bool {
    let growth = turn.ages.last_third - turn.ages.first_third;
    growth <= GROWTH_MS && turn.drained <= DRAINED && kept_up(turn, rate)
}

fn kept_up(turn: &Turn, rate: f64) -> bool {
    turn.rate >= rate * KEPT_UP && turn.refused == 0 && turn.accepted == turn.offered
}

fn show(label: &str, turn: &Turn) {
    let Turn { rate, refused, ages, answered_p99, drained, .. } = turn;
    println!(
        "   {label:8} {rate:6.0}/s   age p50 {:7.1}  p99 {:7.1}  most {:7.1} ms   first third {:7.1}  last {:7.1}   \
         answers p99 {answered_p99:6.1} ms   refused {refused}   drained in {:.2} s",
        ages.p50,
        ages.p99,
        ages.most,
        ages.first_third,
        ages.last_third,
        drained.as_secs_f64()
    );
}

fn figures(turn: &Turn, rate: f64, holds: bool) -> Value {
    json!({
        "rate": rate,
        "holds": holds,
        "perSecond": thousandth(turn.rate),
        "p50Ms": thousandth(turn.ages.p50),
        "p99Ms": thousandth(turn.ages.p99),
        "firstThirdMs": thousandth(turn.ages.first_third),
        "lastThirdMs": thousandth(turn.ages.last_third),
        "drainedSeconds": thousandth(turn.drained.as_secs_f64()),
        "refused": turn.refused,
    })
}
