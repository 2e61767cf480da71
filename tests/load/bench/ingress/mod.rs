//! `bench ingress`: signed webhooks made durable, against the same server that publishes every event by
//! itself, against a bare publisher, and against plain hyper.
#![expect(clippy::print_stdout, reason = "printing is its job")]

mod bare;
pub(crate) mod plain;
mod report;
pub(crate) mod subject;

use std::sync::Arc;
use std::time::Duration;

use tests::load::product::APP_SECRET;
use tests::load::{Setup, Signer};

use crate::bodies::{Bodies, SIZE};
use crate::figures::{percentile, rate};
use crate::results::Verdict;
use crate::webhooks::{self, Pace, Requests, Turn};
use bare::Bare;
use plain::Plain;
use subject::Subject;

/// What it is called by.
pub(crate) const NAME: &str = "ingress";
/// Messages that the bare publisher has unconfirmed at a time.
const WINDOW: usize = 1_000;
/// Connections at which the same server with a spool takes its turn too.
const SPOOL_AT: usize = 256;
/// How many more requests are made ready than the turn before answered; more than any server answers at first.
const AHEAD: f64 = 1.6;
const MOST_PER_SECOND: f64 = 100_000.0;
const AT_FIRST_PER_SECOND: f64 = 60_000.0;

/// How it is measured.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) pairs: u32,
    pub(crate) turn: Duration,
    /// Connections of clients, one case after another.
    pub(crate) connections: Vec<usize>,
}

/// What takes turns.
struct Contest {
    gathering: Subject,
    singly: Subject,
    spooling: Subject,
    bare: Bare,
    plain: Plain,
}

impl Contest {
    /// The server, and the same with a spool, where that takes its turn; each goes first as often as the other.
    async fn with_and_without_spool(
        &mut self,
        connections: usize,
        lasts: Duration,
        requests: impl Fn() -> Arc<Requests>,
        is_spool_first: bool,
    ) -> anyhow::Result<(Turn, Option<Turn>)> {
        if connections != SPOOL_AT {
            return Ok((self.gathering.drive(connections, lasts, Pace::Flat, requests()).await?, None));
        }
        if is_spool_first {
            let with = self.spooling.drive(connections, lasts, Pace::Flat, requests()).await?;
            return Ok((self.gathering.drive(connections, lasts, Pace::Flat, requests()).await?, Some(with)));
        }
        let without = self.gathering.drive(connections, lasts, Pace::Flat, requests()).await?;
        Ok((without, Some(self.spooling.drive(connections, lasts, Pace::Flat, requests()).await?)))
    }
}

struct Load {
    bodies: Bodies,
    signer: Signer,
}

impl Load {
    /// More requests than can be answered in `lasts` where `per_second` were answered before.
    fn requests(&self, lasts: Duration, per_second: Option<f64>) -> Arc<Requests> {
        let rate = per_second.map_or(AT_FIRST_PER_SECOND, |rate| rate * AHEAD);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundred thousand")]
        let count = (rate * lasts.as_secs_f64()) as usize;
        Arc::new(Requests::render((0..count).map(|_| self.bodies.next()), &self.signer))
    }
}

/// What was measured with so many connections.
#[derive(Default)]
struct Measured {
    connections: usize,
    gathering: Vec<f64>,
    singly: Vec<f64>,
    /// With a spool that is not needed; empty where that is not measured.
    spooling: Vec<f64>,
    /// Events that went to the spool all the same.
    spooled: f64,
    bare: Vec<f64>,
    plain: Vec<f64>,
    /// At the rate that was reached.
    latencies: Vec<Duration>,
    /// Half of the answers, and 99 of a hundred, within so many milliseconds at half of it, round by round.
    relaxed_p50: Vec<f64>,
    relaxed_p99: Vec<f64>,
    refused: u64,
    resident_bytes: u64,
}

/// Measures, prints, and judges.
pub(crate) async fn run(setup: &Setup, shape: &Shape) -> anyhow::Result<Verdict> {
    let gathering = Subject::start(setup, "bench-ingress", "512").await?;
    let singly = Subject::start(setup, "bench-ingress-singly", "1").await?;
    let spooling = Subject::with_spool(setup, "bench-ingress-spooling", "512").await?;
    let bare = Bare::open(gathering.queues.channel().await?, "bench-ingress.reference").await?;
    let mut contest = Contest { gathering, singly, spooling, bare, plain: Plain::start().await? };
    let load = Load { bodies: Bodies::new()?, signer: Signer::new(APP_SECRET)? };
    let mut cases = Vec::new();
    for connections in &shape.connections {
        cases.push(measure(&mut contest, *connections, shape, &load).await?);
    }
    contest.bare.remove().await?;
    contest.gathering.stop().await?;
    contest.singly.stop().await?;
    contest.spooling.stop().await?;
    Ok(report::report(&cases, shape))
}

async fn measure(contest: &mut Contest, connections: usize, shape: &Shape, load: &Load) -> anyhow::Result<Measured> {
    let Shape { pairs, turn: lasts, .. } = *shape;
    println!(
        "== ingress: {SIZE}-byte signed bodies, {connections} connections, {pairs} rounds of {} s each",
        lasts.as_secs()
    );
    let mut measured = Measured { connections, ..Measured::default() };
    // The first round warms up and counts for nothing.
    for pair in 0..=pairs {
        let requests = || load.requests(lasts, measured.gathering.last().copied());
        let (flat, spooling) = contest.with_and_without_spool(connections, lasts, requests, pair % 2 == 1).await?;
        let together = rate(flat.latencies.len() as u64, flat.took);
        let requests = load.requests(lasts, measured.singly.last().copied());
        let alone = contest.singly.drive(connections, lasts, Pace::Flat, requests).await?;
        let one_by_one = rate(alone.latencies.len() as u64, alone.took);
        let bare = contest.bare.drive(WINDOW, lasts, &load.bodies).await?;
        let requests = load.requests(lasts, measured.plain.last().copied().or(Some(MOST_PER_SECOND)));
        let empty = webhooks::drive(contest.plain.address, connections, lasts, Pace::Flat, &requests).await?;
        let plain = rate(empty.latencies.len() as u64, empty.took);
        let label = if pair == 0 { "warm-up".to_owned() } else { format!("round {pair}") };
        println!(
            "   {label:8} gathering {together:8.0}/s   one by one {one_by_one:8.0}/s ({:.2})   bare {bare:8.0}/s ({:.2})   plain hyper {plain:8.0}/s ({:.2})",
            together / one_by_one,
            together / bare,
            together / plain
        );
        if let Some(turn) = spooling {
            let spooling = rate(turn.latencies.len() as u64, turn.took);
            println!("   {label:8} with a spool {spooling:6.0}/s ({:.3} of without)", spooling / together);
            measured.refused += not_200(&turn);
            measured.spooling.extend((pair > 0).then_some(spooling));
        }
        measured.refused += not_200(&flat) + not_200(&alone);
        measured.resident_bytes = measured.resident_bytes.max(contest.gathering.resident_bytes()?);
        if pair > 0 {
            measured.gathering.push(together);
            measured.singly.push(one_by_one);
            measured.bare.push(bare);
            measured.plain.push(plain);
            measured.latencies.extend(flat.latencies);
            relax(contest, &mut measured, lasts, load, together / 2.0).await?;
        }
    }
    measured.spooled = contest.spooling.spooled().await?;
    measured.latencies.sort_unstable();
    Ok(measured)
}

/// A turn at `half` of what was just reached.
async fn relax(
    contest: &mut Contest,
    measured: &mut Measured,
    lasts: Duration,
    load: &Load,
    half: f64,
) -> anyhow::Result<()> {
    let requests = load.requests(lasts, Some(half));
    let mut turn = contest.gathering.drive(measured.connections, lasts, Pace::PerSecond(half), requests).await?;
    turn.latencies.sort_unstable();
    let (p50, p99) = (percentile(&turn.latencies, 0.5), percentile(&turn.latencies, 0.99));
    println!("            at half of it {half:8.0}/s   p50 {p50:.2} ms   p99 {p99:.2} ms");
    measured.refused += not_200(&turn);
    measured.relaxed_p50.push(p50);
    measured.relaxed_p99.push(p99);
    Ok(())
}

fn not_200(turn: &Turn) -> u64 {
    turn.refused.values().sum()
}
