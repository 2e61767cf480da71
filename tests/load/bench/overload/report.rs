//! What was measured, printed and held against the goals.

use std::collections::BTreeMap;
use std::time::Duration;

use ::tests::load::Posted;
use serde_json::{Value, json};

use super::{BROKER_DELAY, BUSY, Beside, CONNECTIONS, CROWD, Case, LASTS, Overloaded, TIMES, WORKERS};
use crate::figures::{Spread, percentile, rate};
use crate::results::{Verdict, spread, thousandth};

/// What the ingress may have in memory.
const MOST_RESIDENT: u64 = 150 << 20;
const ACCEPTED_P99_MS: f64 = 100.0;
/// So near to what it means to be, load counts as offered.
const OFFERED: f64 = 0.95;
/// What those who work must keep of their rate beside the crowd.
const BESIDE: f64 = 0.9;
/// A slow head and a slow body are cut off within their time, and what it takes to notice.
const HEAD_LIMIT: Duration = Duration::from_secs(7);
const BODY_LIMIT: Duration = Duration::from_secs(12);

/// Whether a case holds, and its figures.
pub(super) fn case(case: Case, measured: &Overloaded) -> (bool, Value) {
    let Overloaded { capacity, offered, resident_bytes, lost, surplus } = measured;
    let took = LASTS.min(offered.took);
    let posted = rate(offered.posted(), took);
    let accepted = rate(offered.accepted.len() as u64, took);
    let times = posted / capacity;
    let (p50, p99) = (percentile(&offered.accepted, 0.5), percentile(&offered.accepted, 0.99));
    let refused_p99 = percentile(&offered.refused, 0.99);
    let posts: BTreeMap<String, u64> = offered.posts.iter().map(|(how, count)| (how.to_string(), *count)).collect();
    // The machine may be too busy with the ingress to ask for three times of what that can do.
    let is_offered = case.broker_delay.is_zero() || times >= TIMES * OFFERED;
    let unanswered: u64 = offered
        .posts
        .iter()
        .filter(|(how, _)| !matches!(how, Posted::Answered(200 | 503)))
        .map(|(_, count)| count)
        .sum();
    let ok = p99 <= ACCEPTED_P99_MS && *resident_bytes <= MOST_RESIDENT && *lost == 0 && is_offered;
    println!("   offered      {posted:.0}/s, {times:.2} times capacity, over {CONNECTIONS} connections");
    println!("   accepted     {accepted:.0}/s, {:.2} of capacity", accepted / capacity);
    println!("   accepted     p50 {p50:.1} ms, p99 {p99:.1} ms, goal {ACCEPTED_P99_MS} ms");
    println!("   refused      p99 {refused_p99:.1} ms");
    println!("   posts        {posts:?}");
    println!("   memory       {:.1} MiB resident at most, goal 150", mebibytes(*resident_bytes));
    println!("   stored       all but {lost} of the accepted, {surplus} besides");
    let figures = json!({
        "capacityBoundBy": case.name,
        "brokerDelayMs": 2 * case.broker_delay.as_millis(),
        "ok": ok,
        "capacityPerSecond": thousandth(*capacity),
        "offeredPerSecond": thousandth(posted),
        "timesCapacity": thousandth(times),
        "acceptedPerSecond": thousandth(accepted),
        "acceptedP50Ms": thousandth(p50),
        "acceptedP99Ms": thousandth(p99),
        "refusedP99Ms": thousandth(refused_p99),
        "posts": posts,
        "neither200Nor503": unanswered,
        "leftOut": offered.left_out,
        "lost": lost,
        "surplus": surplus,
        "residentBytes": resident_bytes,
    });
    (ok, figures)
}

/// Whether the crowd costs nothing, and the figures.
pub(super) fn beside(measured: &Beside) -> (bool, Value) {
    let Beside { alone, with_crowd, refused, resident_bytes, borne } = measured;
    let ratios: Vec<f64> = with_crowd.iter().zip(alone).map(|(beside, alone)| beside / alone).collect();
    let ratio = Spread::of(&ratios);
    let slow = CROWD - CROWD / 4;
    let ok = ratio.median >= BESIDE
        && *resident_bytes <= MOST_RESIDENT
        && *refused == 0
        && borne.cut_off == slow
        && borne.heads <= HEAD_LIMIT
        && borne.bodies <= BODY_LIMIT;
    println!("   beside       {:.3} ({:.3} to {:.3}) of alone, goal {BESIDE}", ratio.median, ratio.least, ratio.most);
    println!("   cut off      {} of {slow}", borne.cut_off);
    println!(
        "   borne for    {:.1} s at most with a slow head, {:.1} s with a slow body",
        borne.heads.as_secs_f64(),
        borne.bodies.as_secs_f64()
    );
    println!("   memory       {:.1} MiB resident at most, goal 150", mebibytes(*resident_bytes));
    let figures = json!({
        "ok": ok,
        "crowd": CROWD,
        "workers": WORKERS,
        "ratio": spread(&ratios),
        "alonePerSecond": spread(alone),
        "besidePerSecond": spread(with_crowd),
        "not200": refused,
        "cutOff": borne.cut_off,
        "slowHeadSeconds": thousandth(borne.heads.as_secs_f64()),
        "slowBodySeconds": thousandth(borne.bodies.as_secs_f64()),
        "residentBytes": resident_bytes,
    });
    (ok, figures)
}

/// All of it.
pub(super) fn verdict(cases: Vec<(bool, Value)>, (costs_nothing, beside): (bool, Value)) -> Verdict {
    let ok = costs_nothing && cases.iter().all(|(holds, _)| *holds);
    let figures = json!({
        "cases": cases.into_iter().map(|(_, figures)| figures).collect::<Vec<_>>(),
        "beside": beside,
        "times": TIMES,
        "seconds": LASTS.as_secs(),
        "connections": CONNECTIONS,
        "capacityConnections": BUSY,
        "slowBrokerDelayMs": 2 * BROKER_DELAY.as_millis(),
    });
    Verdict { ok, figures }
}

fn mebibytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = bytes as f64;
    bytes / f64::from(1 << 20)
}
