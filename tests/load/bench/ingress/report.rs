//! What was measured, printed and held against the goals.

use serde_json::{Value, json};

use super::{Measured, Shape, WINDOW};
use crate::bodies::SIZE;
use crate::figures::{Spread, percentile};
use crate::results::{Verdict, spread, thousandth};

/// What the ingress may have in memory.
const MOST_RESIDENT: u64 = 60 << 20;
/// The slowest of a hundred answers at half of the rate that was reached, in the middle round.
const RELAXED_P99_MS: f64 = 10.0;

/// How often as fast as the references the ingress must be.
#[derive(Clone, Copy, Debug)]
struct Goal {
    singly: Option<f64>,
    bare: Option<f64>,
    /// Of the same server with a spool to the one without.
    spool: Option<f64>,
}

impl Goal {
    const fn of(connections: usize) -> Self {
        match connections {
            64 => Self { singly: Some(1.3), bare: None, spool: None },
            256 => Self { singly: Some(1.8), bare: Some(1.3), spool: Some(0.95) },
            _ => Self { singly: None, bare: None, spool: None },
        }
    }
}

pub(super) fn report(cases: &[Measured], shape: &Shape) -> Verdict {
    let judged: Vec<(bool, Value)> = cases.iter().map(judge).collect();
    let ok = judged.iter().all(|(holds, _)| *holds);
    let figures = json!({
        "cases": judged.into_iter().map(|(_, figures)| figures).collect::<Vec<_>>(),
        "reference": "the same server, every event in a message of its own",
        "bareReference": "bare lapin publisher with confirms, quorum queue",
        "bareWindow": WINDOW,
        "bodyBytes": SIZE,
        "rounds": shape.pairs,
        "turnSeconds": shape.turn.as_secs(),
    });
    Verdict { ok, figures }
}

/// Whether a case holds, and its figures.
fn judge(case: &Measured) -> (bool, Value) {
    let ratios = |of: &[f64]| -> Vec<f64> { case.gathering.iter().zip(of).map(|(rate, other)| rate / other).collect() };
    let (to_singly, to_bare, to_plain) = (ratios(&case.singly), ratios(&case.bare), ratios(&case.plain));
    let goal = Goal::of(case.connections);
    println!("== {} connections", case.connections);
    let rates = [
        ("gathering", &case.gathering),
        ("one by one", &case.singly),
        ("bare", &case.bare),
        ("plain hyper", &case.plain),
    ];
    for (name, values) in rates {
        let rate = Spread::of(values);
        println!("   {name:12} median {:.0}/s ({:.0} to {:.0})", rate.median, rate.least, rate.most);
    }
    let mut ok = case.refused == 0 && !case.latencies.is_empty();
    let held =
        [("one by one", &to_singly, goal.singly), ("bare", &to_bare, goal.bare), ("plain hyper", &to_plain, None)];
    for (name, ratios, goal) in held {
        let ratio = Spread::of(ratios);
        let wanted = goal.map_or("no goal".to_owned(), |goal| format!("goal {goal}"));
        println!("   to {name:11} {:.3} ({:.3} to {:.3}), {wanted}", ratio.median, ratio.least, ratio.most);
        ok &= goal.is_none_or(|goal| ratio.median >= goal);
    }
    let with_spool: Vec<f64> =
        case.spooling.iter().zip(&case.gathering).map(|(with, without)| with / without).collect();
    if let Some(goal) = goal.spool {
        let Spread { median, least, most } = Spread::of(&with_spool);
        println!(
            "   with a spool {median:.3} ({least:.3} to {most:.3}) of without, goal {goal}; {} events spooled",
            case.spooled
        );
        ok &= median >= goal;
    }
    let at = |latencies, share| percentile(latencies, share);
    let (p50, p99) = (at(&case.latencies, 0.5), at(&case.latencies, 0.99));
    let (relaxed_p50, relaxed_p99) = (Spread::of(&case.relaxed_p50), Spread::of(&case.relaxed_p99));
    println!("   latency      p50 {p50:.2} ms, p99 {p99:.2} ms at full load");
    println!(
        "   latency      p50 {:.2} ms, p99 {:.2} ms ({:.2} to {:.2}) at half of it, goal {RELAXED_P99_MS} ms",
        relaxed_p50.median, relaxed_p99.median, relaxed_p99.least, relaxed_p99.most
    );
    println!("   memory       {:.1} MiB resident at most, goal 60", mebibytes(case.resident_bytes));
    println!("   not 200      {}", case.refused);
    ok &= relaxed_p99.median <= RELAXED_P99_MS && case.resident_bytes <= MOST_RESIDENT;
    let figures = json!({
        "connections": case.connections,
        "ok": ok,
        "goal": goal.singly,
        "bareGoal": goal.bare,
        "ratio": spread(&to_singly),
        "bareRatio": spread(&to_bare),
        "plainRatio": spread(&to_plain),
        "spoolRatio": goal.spool.map(|_| spread(&with_spool)),
        "spooledEvents": case.spooled,
        "perSecond": spread(&case.gathering),
        "singlyPerSecond": spread(&case.singly),
        "barePerSecond": spread(&case.bare),
        "plainPerSecond": spread(&case.plain),
        "p50Ms": thousandth(p50),
        "p99Ms": thousandth(p99),
        "p50MsAtHalf": spread(&case.relaxed_p50),
        "p99MsAtHalf": spread(&case.relaxed_p99),
        "requests": case.latencies.len(),
        "not200": case.refused,
        "residentBytes": case.resident_bytes,
    });
    (ok, figures)
}

fn mebibytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = bytes as f64;
    bytes / f64::from(1 << 20)
}
