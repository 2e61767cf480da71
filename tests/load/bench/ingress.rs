//! `bench ingress`: signed webhooks made durable, against the same server that publishes every event by
//! itself, and against a bare publisher.
#![expect(clippy::print_stdout, reason = "printing is its job")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shared::broker::Queue;
use tests::load::product::APP_SECRET;
use tests::load::{Name, Product, Queues, Setup, Signer};

use crate::bodies::{Bodies, SIZE};
use crate::figures::{Spread, percentile, rate};
use crate::reference::Reference;
use crate::webhooks::{self, Turn};

/// What it is called by.
pub(crate) const NAME: &str = "ingress";
const READY_LIMIT: Duration = Duration::from_secs(30);
/// Messages that the bare publisher has unconfirmed at a time.
const WINDOW: usize = 1_000;
/// What the ingress may have in memory.
const MOST_RESIDENT: u64 = 60 << 20;

/// How it is measured.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) pairs: u32,
    pub(crate) turn: Duration,
    /// Connections of clients, one case after another.
    pub(crate) connections: Vec<usize>,
}

/// How often as fast as the references the ingress must be.
#[derive(Clone, Copy, Debug)]
struct Goal {
    singly: Option<f64>,
    bare: Option<f64>,
}

impl Goal {
    const fn of(connections: usize) -> Self {
        match connections {
            64 => Self { singly: Some(1.3), bare: None },
            256 => Self { singly: Some(1.8), bare: Some(1.3) },
            _ => Self { singly: None, bare: None },
        }
    }
}

/// An ingress that runs, and the queues that it fills.
struct Subject {
    product: Product,
    queues: Queues,
}

impl Subject {
    async fn start(setup: &Setup, run: &str, gather: &str) -> anyhow::Result<Self> {
        let prefix = format!("{run}.");
        let queues = Queues::open(&setup.rabbitmq_url, &prefix).await?;
        // An earlier run that failed may have left its own.
        queues.remove().await?;
        let own = [("RABBITMQ_PREFIX", prefix.as_str()), ("INGRESS_GATHER_EVENTS", gather)];
        let mut product = Product::new(setup, run, &[Name::Ingress], &own)?;
        product.start_all(READY_LIMIT).await?;
        Ok(Self { product, queues })
    }

    async fn drive(&mut self, connections: usize, shape: &Shape, load: &Load) -> anyhow::Result<Turn> {
        let address = self.product.address(Name::Ingress)?;
        let turn = webhooks::drive(address, connections, shape.turn, &load.bodies, &load.signer).await?;
        self.queues.purge(Queue::Persist).await?;
        Ok(turn)
    }

    fn resident_bytes(&mut self) -> anyhow::Result<u64> {
        self.product.process(Name::Ingress)?.resident_bytes()
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.product.terminate(Name::Ingress).await?;
        self.queues.remove().await
    }
}

struct Load {
    bodies: Arc<Bodies>,
    signer: Signer,
}

/// What was measured with so many connections.
#[derive(Default)]
struct Measured {
    connections: usize,
    gathering: Vec<f64>,
    singly: Vec<f64>,
    bare: Vec<f64>,
    latencies: Vec<Duration>,
    refused: u64,
    resident_bytes: u64,
}

/// Measures, prints, and tells whether it holds.
pub(crate) async fn run(setup: &Setup, shape: &Shape) -> anyhow::Result<bool> {
    let mut gathering = Subject::start(setup, "bench-ingress", "512").await?;
    let mut singly = Subject::start(setup, "bench-ingress-singly", "1").await?;
    let reference = Reference::open(gathering.queues.channel().await?, "bench-ingress.reference").await?;
    let load = Load { bodies: Arc::new(Bodies::new()?), signer: Signer::new(APP_SECRET)? };
    let mut cases = Vec::new();
    for connections in &shape.connections {
        cases.push(measure(&mut gathering, &mut singly, &reference, *connections, shape, &load).await?);
    }
    reference.remove().await?;
    gathering.stop().await?;
    singly.stop().await?;
    Ok(report(&cases, shape))
}

async fn measure(
    gathering: &mut Subject,
    singly: &mut Subject,
    reference: &Reference,
    connections: usize,
    shape: &Shape,
    load: &Load,
) -> anyhow::Result<Measured> {
    let Shape { pairs, turn: lasts, .. } = *shape;
    println!(
        "== ingress: {SIZE}-byte signed bodies, {connections} connections, {pairs} rounds of {} s each",
        lasts.as_secs()
    );
    let mut measured = Measured { connections, ..Measured::default() };
    // The first round warms up and counts for nothing.
    for pair in 0..=pairs {
        let Turn { took, latencies, refused } = gathering.drive(connections, shape, load).await?;
        let together = rate(latencies.len() as u64, took);
        let alone = singly.drive(connections, shape, load).await?;
        let one_by_one = rate(alone.latencies.len() as u64, alone.took);
        let bare = reference.drive(WINDOW, lasts, &load.bodies).await?;
        let label = if pair == 0 { "warm-up".to_owned() } else { format!("round {pair}") };
        println!(
            "   {label:8} gathering {together:8.0}/s   one by one {one_by_one:8.0}/s ({:.2})   bare {bare:8.0}/s ({:.2})",
            together / one_by_one,
            together / bare
        );
        measured.refused += refused.values().chain(alone.refused.values()).sum::<u64>();
        measured.resident_bytes = measured.resident_bytes.max(gathering.resident_bytes()?);
        if pair > 0 {
            measured.gathering.push(together);
            measured.singly.push(one_by_one);
            measured.bare.push(bare);
            measured.latencies.extend(latencies);
        }
    }
    measured.latencies.sort_unstable();
    Ok(measured)
}

fn report(cases: &[Measured], shape: &Shape) -> bool {
    let mut ok = true;
    let mut figures = Vec::new();
    for case in cases {
        let (holds, case) = judge(case);
        ok &= holds;
        figures.push(case);
    }
    let figures = json!({
        "cases": figures,
        "reference": "the same server, every event in a message of its own",
        "bareReference": "bare lapin publisher with confirms, quorum queue",
        "bareWindow": WINDOW,
        "bodyBytes": SIZE,
        "rounds": shape.pairs,
        "turnSeconds": shape.turn.as_secs(),
    });
    println!("RESULT {}", line(ok, &figures));
    ok
}

/// Whether a case holds, and its figures.
fn judge(case: &Measured) -> (bool, Value) {
    let ratios = |of: &[f64]| -> Vec<f64> { case.gathering.iter().zip(of).map(|(rate, other)| rate / other).collect() };
    let (to_singly, to_bare) = (ratios(&case.singly), ratios(&case.bare));
    let goal = Goal::of(case.connections);
    let (p50, p99) = (percentile(&case.latencies, 0.5), percentile(&case.latencies, 0.99));
    println!("== {} connections", case.connections);
    for (name, values) in [("gathering", &case.gathering), ("one by one", &case.singly), ("bare", &case.bare)] {
        let rate = Spread::of(values);
        println!("   {name:12} median {:.0}/s ({:.0} to {:.0})", rate.median, rate.least, rate.most);
    }
    let mut ok = case.refused == 0 && !case.latencies.is_empty() && case.resident_bytes <= MOST_RESIDENT;
    for (name, ratios, goal) in [("one by one", &to_singly, goal.singly), ("bare", &to_bare, goal.bare)] {
        let ratio = Spread::of(ratios);
        let wanted = goal.map_or("no goal".to_owned(), |goal| format!("goal {goal}"));
        println!("   to {name:10} {:.3} ({:.3} to {:.3}), {wanted}", ratio.median, ratio.least, ratio.most);
        ok &= goal.is_none_or(|goal| ratio.median >= goal);
    }
    println!("   latency      p50 {p50:.2} ms, p99 {p99:.2} ms at full load");
    println!("   memory       {:.1} MiB resident at most", mebibytes(case.resident_bytes));
    println!("   not 200      {}", case.refused);
    let figures = json!({
        "connections": case.connections,
        "ok": ok,
        "goal": goal.singly,
        "bareGoal": goal.bare,
        "ratio": spread(&to_singly),
        "bareRatio": spread(&to_bare),
        "perSecond": spread(&case.gathering),
        "singlyPerSecond": spread(&case.singly),
        "barePerSecond": spread(&case.bare),
        "p50Ms": thousandth(p50),
        "p99Ms": thousandth(p99),
        "requests": case.latencies.len(),
        "not200": case.refused,
        "residentBytes": case.resident_bytes,
    });
    (ok, figures)
}

/// The median of `values` and their ends.
fn spread(values: &[f64]) -> Value {
    let spread = Spread::of(values);
    json!({ "median": thousandth(spread.median), "least": thousandth(spread.least), "most": thousandth(spread.most) })
}

/// The result, led by the name and whether it holds.
fn line(ok: bool, figures: &Value) -> String {
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
