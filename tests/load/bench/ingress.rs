//! `bench ingress`: signed webhooks made durable, against a bare publisher.
#![expect(clippy::print_stdout, reason = "printing is its job")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shared::broker::Queue;
use tests::load::product::APP_SECRET;
use tests::load::{Name, Product, Queues, Setup, Signer};

use crate::bodies::{Bodies, SIZE};
use crate::figures::{Spread, percentile, rate};
use crate::reference::Reference;
use crate::webhooks::{self, Turn};

/// What it is called by.
pub(crate) const NAME: &str = "ingress";
const PREFIX: &str = "bench-ingress.";
const READY_LIMIT: Duration = Duration::from_secs(30);

/// How it is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) pairs: u32,
    pub(crate) turn: Duration,
    pub(crate) connections: usize,
}

/// What was measured.
#[derive(Default)]
struct Measured {
    rates: Vec<f64>,
    references: Vec<f64>,
    latencies: Vec<Duration>,
    refused: u64,
    resident_bytes: u64,
}

/// Measures, prints, and tells whether it holds.
pub(crate) async fn run(setup: &Setup, shape: Shape) -> anyhow::Result<bool> {
    let queues = Queues::open(&setup.rabbitmq_url, PREFIX).await?;
    // An earlier run that failed may have left its own.
    queues.remove().await?;
    let own = [("RABBITMQ_PREFIX", PREFIX)];
    let mut product = Product::new(setup, "bench-ingress", &[Name::Ingress], &own)?;
    product.start_all(READY_LIMIT).await?;
    let reference = Reference::open(queues.channel().await?, &format!("{PREFIX}reference")).await?;
    let measured = measure(&mut product, &queues, &reference, shape).await?;
    reference.remove().await?;
    product.terminate(Name::Ingress).await?;
    queues.remove().await?;
    Ok(report(&measured, shape))
}

async fn measure(
    product: &mut Product,
    queues: &Queues,
    reference: &Reference,
    shape: Shape,
) -> anyhow::Result<Measured> {
    let Shape { pairs, turn: lasts, connections } = shape;
    let (bodies, signer) = (Arc::new(Bodies::new()?), Signer::new(APP_SECRET)?);
    let address = product.address(Name::Ingress)?;
    println!(
        "== ingress: {SIZE}-byte signed bodies, {connections} connections, {pairs} pairs of {} s",
        lasts.as_secs()
    );
    let mut measured = Measured::default();
    // The first pair warms up and counts for nothing.
    for pair in 0..=pairs {
        let Turn { took, latencies, refused } = webhooks::drive(address, connections, lasts, &bodies, &signer).await?;
        let resident = product.process(Name::Ingress)?.resident_bytes()?;
        queues.purge(Queue::Persist).await?;
        let bare = reference.drive(connections, lasts, &bodies).await?;
        let rate = rate(latencies.len() as u64, took);
        let label = if pair == 0 { "warm-up".to_owned() } else { format!("pair {pair}") };
        println!("   {label:8} ingress {rate:8.0}/s   bare publisher {bare:8.0}/s   ratio {:.3}", rate / bare);
        measured.refused += refused.values().sum::<u64>();
        measured.resident_bytes = measured.resident_bytes.max(resident);
        if pair > 0 {
            measured.rates.push(rate);
            measured.references.push(bare);
            measured.latencies.extend(latencies);
        }
    }
    measured.latencies.sort_unstable();
    Ok(measured)
}

fn report(measured: &Measured, shape: Shape) -> bool {
    let Measured { rates, references, latencies, refused, resident_bytes } = measured;
    let ratios: Vec<f64> = rates.iter().zip(references).map(|(rate, bare)| rate / bare).collect();
    let (rate, bare, ratio) = (Spread::of(rates), Spread::of(references), Spread::of(&ratios));
    let (p50, p99) = (percentile(latencies, 0.5), percentile(latencies, 0.99));
    println!("   ingress         median {:.0}/s ({:.0} to {:.0})", rate.median, rate.least, rate.most);
    println!("   bare publisher  median {:.0}/s ({:.0} to {:.0})", bare.median, bare.least, bare.most);
    println!("   ratio           median {:.3} ({:.3} to {:.3})", ratio.median, ratio.least, ratio.most);
    println!("   latency         p50 {p50:.2} ms, p99 {p99:.2} ms over {} requests", latencies.len());
    println!("   memory          {:.1} MiB resident at most", mebibytes(*resident_bytes));
    println!("   not 200         {refused}");
    println!("   no goal is set for it: it holds when every request was answered 200");
    let ok = *refused == 0 && !latencies.is_empty();
    let figures = json!({
        "goal": null,
        "ratio": thousandth(ratio.median),
        "ratios": ratios.iter().map(|ratio| thousandth(*ratio)).collect::<Vec<_>>(),
        "ratioLeast": thousandth(ratio.least),
        "ratioMost": thousandth(ratio.most),
        "perSecond": rate.median.round(),
        "perSecondLeast": rate.least.round(),
        "perSecondMost": rate.most.round(),
        "reference": "bare lapin publisher with confirms, quorum queue",
        "referencePerSecond": bare.median.round(),
        "referencePerSecondLeast": bare.least.round(),
        "referencePerSecondMost": bare.most.round(),
        "p50Ms": thousandth(p50),
        "p99Ms": thousandth(p99),
        "requests": latencies.len(),
        "not200": refused,
        "residentBytes": resident_bytes,
        "bodyBytes": SIZE,
        "connections": shape.connections,
        "window": shape.connections,
        "pairs": shape.pairs,
        "turnSeconds": shape.turn.as_secs(),
    });
    println!("RESULT {}", line(ok, &figures));
    ok
}

/// The result, led by the name and whether it holds.
fn line(ok: bool, figures: &serde_json::Value) -> String {
    let figures = figures.to_string();
    format!(r#"{{"bench":"{NAME}","ok":{ok},{}"#, figures.trim_start_matches('{'))
}

fn mebibytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = bytes as f64;
    bytes / f64::from(1 << 20)
}

fn thousandth(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
