//! `bench metrics`: what counting costs the ingress, against the same server that counts nothing.
#![expect(clippy::print_stdout, reason = "printing is its job")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tests::load::product::APP_SECRET;
use tests::load::{Setup, Signer};

use crate::bodies::{Bodies, SIZE};
use crate::figures::{Spread, rate};
use crate::ingress::subject::Subject;
use crate::results::{Verdict, spread, thousandth};
use crate::webhooks::{Pace, Requests};

/// What it is called by.
pub(crate) const NAME: &str = "metrics";
const CONNECTIONS: usize = 256;
/// At least this share of what the server reaches without them.
const GOAL: f64 = 0.98;
/// More than any server answers.
const MOST_PER_SECOND: f64 = 70_000.0;

/// A turn of one server.
struct Took {
    per_second: f64,
    /// Processor time of the ingress for a request.
    micros: f64,
}

/// Measures `pairs` turns of each, prints, and judges.
pub(crate) async fn run(setup: &Setup, pairs: u32, lasts: Duration) -> anyhow::Result<Verdict> {
    let mut counting = Subject::start(setup, "bench-metrics-on", "512").await?;
    let mut silent = Subject::silent(setup, "bench-metrics-off", "512").await?;
    let (bodies, signer) = (Bodies::new()?, Signer::new(APP_SECRET)?);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundred thousand")]
    let count = (MOST_PER_SECOND * lasts.as_secs_f64()) as usize;
    let requests = || Arc::new(Requests::render((0..count).map(|_| bodies.next()), &signer));
    println!(
        "== metrics: {SIZE}-byte signed bodies, {CONNECTIONS} connections, {pairs} pairs of {} s",
        lasts.as_secs()
    );
    let (mut ratios, mut costs, mut with, mut without) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // The first pair warms up and counts for nothing; who goes first changes from pair to pair.
    for pair in 0..=pairs {
        let (on, off) = if pair % 2 == 0 {
            let on = turn(&mut counting, lasts, requests()).await?;
            (on, turn(&mut silent, lasts, requests()).await?)
        } else {
            let off = turn(&mut silent, lasts, requests()).await?;
            (turn(&mut counting, lasts, requests()).await?, off)
        };
        let (ratio, cost) = (on.per_second / off.per_second, on.micros / off.micros);
        let label = if pair == 0 { "warm-up".to_owned() } else { format!("pair {pair}") };
        println!(
            "   {label:8} counting {:8.0}/s {:6.2} us   not {:8.0}/s {:6.2} us   rate {ratio:.3}   processor {cost:.3}",
            on.per_second, on.micros, off.per_second, off.micros
        );
        if pair > 0 {
            ratios.push(ratio);
            costs.push(cost);
            with.push(on.per_second);
            without.push(off.per_second);
        }
    }
    let counted = counting.answered().await?;
    let left_out = silent.answered().await?;
    counting.stop().await?;
    silent.stop().await?;
    let (ratio, cost) = (Spread::of(&ratios), Spread::of(&costs));
    println!(
        "   rate {:.3} of the server that counts nothing ({:.3} to {:.3}), goal {GOAL}",
        ratio.median, ratio.least, ratio.most
    );
    println!("   processor time for a request {:.3} of its ({:.3} to {:.3})", cost.median, cost.least, cost.most);
    let figures = json!({
        "connections": CONNECTIONS,
        "goal": GOAL,
        "rate": spread(&ratios),
        "processor": spread(&costs),
        "counting": spread(&with),
        "silent": spread(&without),
        "counted": thousandth(counted),
    });
    Ok(Verdict { ok: ratio.median >= GOAL && counted > 0.0 && left_out == 0.0, figures })
}

/// The metrics are fetched at the end of the turn, within what is measured, as Prometheus would.
async fn turn(subject: &mut Subject, lasts: Duration, requests: Arc<Requests>) -> anyhow::Result<Took> {
    let before = subject.processor_time()?;
    let turn = subject.drive(CONNECTIONS, lasts, Pace::Flat, requests).await?;
    subject.answered().await?;
    let used = subject.processor_time()?.saturating_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
    let answered = turn.latencies.len() as f64;
    Ok(Took { per_second: rate(turn.latencies.len() as u64, turn.took), micros: used.as_secs_f64() * 1e6 / answered })
}
