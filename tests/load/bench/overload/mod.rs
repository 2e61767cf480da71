//! `bench overload`: three times as many webhooks as the ingress can make durable, for a minute; and clients who only
//! take up connections, beside others who work.
#![expect(clippy::print_stdout, reason = "printing is its job")]

mod cores;
mod loris;
mod offer;
mod report;
mod subject;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use tests::load::product::APP_SECRET;
use tests::load::{Setup, Signer};
use tokio::time::sleep;

use crate::bodies::Bodies;
use crate::figures::rate;
use crate::results::Verdict;
use crate::webhooks::{self, Pace, Requests};
use loris::{Borne, Crowd};
use offer::{Offered, Rounds};
use subject::Subject;
use tally::Tally;

/// What it is called by.
pub(crate) const NAME: &str = "overload";
/// How many times its capacity the ingress is asked for, and for how long.
const TIMES: f64 = 3.0;
const LASTS: Duration = Duration::from_mins(1);
const CONNECTIONS: usize = 1_000;
/// Connections over which capacity is measured.
const BUSY: usize = 256;
/// Different requests, posted in turns.
const REQUESTS: usize = 400_000;
/// No server on such a machine answers more.
const MOST_PER_SECOND: usize = 60_000;
/// Each way between the ingress and the slow broker.
const BROKER_DELAY: Duration = Duration::from_millis(10);
/// Those who only take up connections, and those beside them who work.
const CROWD: usize = 2_000;
const WORKERS: usize = 64;
/// Longer than a slow body may take.
const CROWD_LIMIT: Duration = Duration::from_secs(15);
const GLANCE: Duration = Duration::from_millis(200);

/// How it is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) pairs: u32,
    pub(crate) turn: Duration,
}

/// What bounds the capacity.
#[derive(Clone, Copy, Debug)]
struct Case {
    name: &'static str,
    broker_delay: Duration,
}

const CASES: [Case; 2] =
    [Case { name: "machine", broker_delay: Duration::ZERO }, Case { name: "slow broker", broker_delay: BROKER_DELAY }];

/// What a minute past capacity was like.
struct Overloaded {
    capacity: f64,
    offered: Offered,
    resident_bytes: u64,
    /// Accepted events that are not in the broker, and those that are there more often than they were accepted.
    lost: u64,
    surplus: u64,
}

/// What a crowd that does nothing costs those who work.
#[derive(Default)]
struct Beside {
    alone: Vec<f64>,
    with_crowd: Vec<f64>,
    refused: u64,
    resident_bytes: u64,
    borne: Borne,
}

/// Measures, prints, and judges.
pub(crate) async fn run(setup: &Setup, shape: Shape) -> anyhow::Result<Verdict> {
    let is_apart = cores::keep_load_apart().await?;
    println!("== overload: the load {}", if is_apart { "has a core of its own" } else { "shares the only core" });
    let (bodies, signer) = (Arc::new(Bodies::new()?), Signer::new(APP_SECRET)?);
    // First, so that their numbers begin with zero.
    let rounds = Rounds::render(&bodies, REQUESTS, &signer);
    let load = Load { bodies, signer, is_apart };
    let mut cases = Vec::new();
    for case in CASES {
        println!("== overload: {} bounds the capacity", case.name);
        let overloaded = overload(setup, case, shape, &load, &rounds).await?;
        cases.push(report::case(case, &overloaded));
    }
    println!("== overload: {CROWD} connections of slow and silent clients beside {WORKERS} that work");
    let beside = crowd(setup, shape, &load).await?;
    if is_apart {
        cores::release_load().await?;
    }
    Ok(report::verdict(cases, report::beside(&beside)))
}

struct Load {
    bodies: Arc<Bodies>,
    signer: Signer,
    /// It has a core of its own.
    is_apart: bool,
}

impl Load {
    /// More requests than are answered in `lasts`.
    fn requests(&self, lasts: Duration) -> Arc<Requests> {
        let count = MOST_PER_SECOND.saturating_mul(usize::try_from(lasts.as_secs()).unwrap_or(usize::MAX));
        Arc::new(Requests::render((0..count).map(|_| self.bodies.next()), &self.signer))
    }
}

async fn overload(
    setup: &Setup,
    case: Case,
    shape: Shape,
    load: &Load,
    rounds: &Arc<Rounds>,
) -> anyhow::Result<Overloaded> {
    let mut subject = Subject::start(setup, case.broker_delay, load.is_apart).await?;
    let tally = Tally::begin(&subject.queues, &load.bodies, REQUESTS).await?;
    let before = rounds.accepted();
    let mut capacity = 0.0;
    // The first turn warms up and counts for nothing.
    for lasts in [Duration::from_secs(1), shape.turn] {
        let flat = webhooks::drive(subject.address()?, BUSY, lasts, Pace::Flat, &load.requests(lasts)).await?;
        capacity = rate(flat.latencies.len() as u64, flat.took);
    }
    println!("   capacity {capacity:.0}/s over {BUSY} connections");
    let offer = offer::Shape {
        address: subject.address()?,
        connections: CONNECTIONS,
        per_second: capacity * TIMES,
        lasts: LASTS,
    };
    let mut offering = Box::pin(offer::offer(offer, rounds));
    let mut resident_bytes = 0;
    let offered = loop {
        tokio::select! {
            offered = &mut offering => break offered?,
            () = sleep(GLANCE) => resident_bytes = resident_bytes.max(subject.resident_bytes()?),
        }
    };
    let stored = tally.end().await;
    let accepted: Vec<u32> = rounds.accepted().iter().zip(before).map(|(now, before)| now - before).collect();
    let pairs = || accepted.iter().zip(&stored);
    let lost = pairs().map(|(accepted, stored)| u64::from(accepted.saturating_sub(*stored))).sum();
    let surplus = pairs().map(|(accepted, stored)| u64::from(stored.saturating_sub(*accepted))).sum();
    subject.stop().await?;
    Ok(Overloaded { capacity, offered, resident_bytes, lost, surplus })
}

/// In turns: those who work alone, and beside the crowd.
async fn crowd(setup: &Setup, shape: Shape, load: &Load) -> anyhow::Result<Beside> {
    let mut subject = Subject::start(setup, Duration::ZERO, load.is_apart).await?;
    let address = subject.address()?;
    let tally = Tally::begin(&subject.queues, &load.bodies, 0).await?;
    let mut measured = Beside::default();
    // The first pair warms up and counts for nothing.
    for pair in 0..=shape.pairs {
        let alone = work(&subject, shape.turn, load, &mut measured).await?;
        let crowd = Crowd::gather(address, CROWD).await?;
        let beside = work(&subject, shape.turn, load, &mut measured).await?;
        measured.resident_bytes = measured.resident_bytes.max(subject.resident_bytes()?);
        if pair == shape.pairs {
            measured.borne = crowd.end(CROWD - CROWD / 4, CROWD_LIMIT).await?;
        }
        let label = if pair == 0 { "warm-up".to_owned() } else { format!("round {pair}") };
        println!("   {label:8} alone {alone:8.0}/s   beside the crowd {beside:8.0}/s ({:.2})", beside / alone);
        if pair > 0 {
            measured.alone.push(alone);
            measured.with_crowd.push(beside);
        }
    }
    drop(tally);
    subject.stop().await?;
    Ok(measured)
}

async fn work(subject: &Subject, lasts: Duration, load: &Load, measured: &mut Beside) -> anyhow::Result<f64> {
    let turn = webhooks::drive(subject.address()?, WORKERS, lasts, Pace::Flat, &load.requests(lasts)).await?;
    measured.refused += turn.refused.values().sum::<u64>();
    Ok(rate(turn.latencies.len() as u64, turn.took))
}
