//! Judging and telling what was measured.

use serde_json::{Value, json};

use super::{ENVELOPE, Measured, Shape};
use crate::figures::Spread;
use crate::results::{Verdict, spread, thousandth};

/// Of what bare SQL reaches, at least so much.
const LEAST_RATIO: f64 = 0.6;
/// Messages a second.
const LEAST_RATE: f64 = 10_000.0;

pub(super) fn report(cases: &[Measured], shape: Shape) -> Verdict {
    let (mut ok, mut figures) = (true, Vec::new());
    for measured in cases {
        let (holds, case) = judge(measured);
        ok &= holds;
        figures.push(case);
    }
    let figures = json!({
        "events": shape.events,
        "envelope": ENVELOPE,
        "connections": super::CONNECTIONS,
        "cases": figures,
    });
    Verdict { ok, figures }
}

fn judge(measured: &Measured) -> (bool, Value) {
    let pairs = measured.subject.iter().zip(&measured.reference);
    let ratios: Vec<f64> = pairs.map(|(subject, reference)| subject / reference).collect();
    let (ratio, rate) = (Spread::of(&ratios), Spread::of(&measured.subject));
    let holds = [
        (format!("at least {LEAST_RATIO} of bare SQL"), ratio.median >= LEAST_RATIO),
        (format!("at least {LEAST_RATE} messages a second"), rate.median >= LEAST_RATE),
        (
            "twice and shuffled is once".to_owned(),
            measured.twice.is_right(measured.events, measured.case.customers(measured.events)),
        ),
    ];
    println!(
        "== customers {}: {:.0}/s ({:.0} to {:.0}), ratio {:.3} ({:.3} to {:.3})",
        measured.case.name(),
        rate.median,
        rate.least,
        rate.most,
        ratio.median,
        ratio.least,
        ratio.most
    );
    for (what, ok) in &holds {
        println!("   {}  {what}", if *ok { "holds " } else { "BROKEN" });
    }
    let ok = holds.iter().all(|(_, ok)| *ok);
    let figures = json!({
        "ok": ok,
        "customers": measured.case.name(),
        "perSecond": spread(&measured.subject),
        "bareSqlPerSecond": spread(&measured.reference),
        "ratio": spread(&ratios),
        "eventsInABatch": thousandth(measured.batch),
        "rowsInATransactionOfBareSql": measured.reference_batch,
        "residentMebibytes": thousandth(mebibytes(measured.resident_bytes)),
        "twice": {
            "rows": measured.twice.rows,
            "counted": measured.twice.counted,
            "unread": measured.twice.unread,
            "wrongThreads": measured.twice.wrong_threads,
            "contacts": measured.twice.contacts,
        },
    });
    (ok, figures)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(super) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
