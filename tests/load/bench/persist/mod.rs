//! `bench persist`: `message-persistence` empties a queue of stored-up events, against bare SQL that writes the same
//! rows to the same tables.
#![expect(clippy::print_stdout, reason = "printing is its job")]

mod events;
mod reference;
mod report;
mod rows;
mod stage;
mod statements;
mod subject;
mod twice;

use anyhow::ensure;
use tests::load::Setup;

use crate::bodies::SIZE;
use crate::results::Verdict;
use events::Events;
use reference::Reference;
use rows::Rows;
use stage::{Known, Stage};
use twice::Left;

/// What it is called by.
pub(crate) const NAME: &str = "persist";
/// Customers that write where all are known.
const CUSTOMERS: usize = 20_000;
/// Events in a message of the broker: what gathers at the ingress at such a load.
const ENVELOPE: usize = 64;
/// Transactions at a time, in the worker and in the reference.
const CONNECTIONS: usize = 2;

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    /// Customers whom the store knows, each of them ten times.
    Known,
    /// Each event is the first of somebody whom nobody knew.
    New,
}

impl Case {
    const ALL: [Self; 2] = [Self::Known, Self::New];

    const fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::New => "new",
        }
    }

    const fn customers(self, events: usize) -> usize {
        match self {
            Self::Known => CUSTOMERS,
            Self::New => events,
        }
    }

    fn known(self) -> Vec<Known> {
        match self {
            Self::Known => Known::some(CUSTOMERS),
            Self::New => Vec::new(),
        }
    }

    fn reference(self, rows: &Rows, batch: usize) -> Reference {
        match self {
            Self::Known => Reference::of_known(rows, CONNECTIONS, batch),
            Self::New => Reference::of_new(rows, CONNECTIONS, batch),
        }
    }
}

/// How it is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// How often subject and reference take turns.
    pub(crate) pairs: u32,
    /// Events that are stored up.
    pub(crate) events: usize,
    /// Rows in a transaction of the reference; as many as in one of the worker's, on average, unless given.
    pub(crate) reference_batch: Option<usize>,
}

/// What was measured of a case.
struct Measured {
    case: Case,
    events: usize,
    /// Messages a second.
    subject: Vec<f64>,
    reference: Vec<f64>,
    resident_bytes: u64,
    /// Events in a batch, on average.
    batch: f64,
    /// Rows in a transaction of the reference.
    reference_batch: usize,
    twice: Left,
}

/// Measures, prints, and judges; only the cases whose names hold `only`.
pub(crate) async fn run(setup: &Setup, shape: Shape, only: Option<&str>) -> anyhow::Result<Verdict> {
    let wanted: Vec<Case> =
        Case::ALL.into_iter().filter(|case| only.is_none_or(|only| case.name().contains(only))).collect();
    ensure!(!wanted.is_empty(), "no case is called so");
    let mut stage = Stage::set(setup).await?;
    let mut cases = Vec::new();
    for case in wanted {
        cases.push(measure(&mut stage, case, shape).await?);
    }
    stage.strike().await?;
    Ok(report::report(&cases, shape))
}

async fn measure(stage: &mut Stage, case: Case, shape: Shape) -> anyhow::Result<Measured> {
    let Shape { pairs, events: count, reference_batch } = shape;
    println!("== persist: {count} events of {SIZE} bytes, {ENVELOPE} in a message, customers {}", case.name());
    let (events, known) = (Events::of(count, case.customers(count))?, case.known());
    let envelopes = events.envelopes(ENVELOPE)?;
    let (mut subject, mut bare, mut resident_bytes, mut batch, mut rows) = (Vec::new(), Vec::new(), 0, 0.0, 0);
    let mut reference = None;
    // The first round warms up and counts for nothing; what it writes the reference writes again.
    for pair in 0..=pairs {
        stage.clear(&known).await?;
        stage.store_up(&envelopes).await?;
        let drained = subject::drain(stage, count).await?;
        let size = reference_batch.unwrap_or_else(|| rows_of_a_share(drained.batch));
        let reference = match &reference {
            Some(reference) => reference,
            None => reference.insert(case.reference(&Rows::of(&stage.db, count).await?, size)),
        };
        stage.clear(&known).await?;
        let written = reference.write(stage.database.login()).await?;
        println!(
            "   {:8} persist {:7.0}/s   bare SQL {written:7.0}/s   ratio {:.3}   {:.0} events a batch, {:.1} MiB",
            if pair == 0 { "warm-up".to_owned() } else { format!("round {pair}") },
            drained.per_second,
            drained.per_second / written,
            drained.batch,
            report::mebibytes(drained.resident_bytes),
        );
        resident_bytes = resident_bytes.max(drained.resident_bytes);
        batch = drained.batch;
        rows = reference.batch;
        if pair > 0 {
            subject.push(drained.per_second);
            bare.push(written);
        }
    }
    let twice = twice::store(stage, &events, &known).await?;
    println!("   delivered twice and shuffled: {twice:?}");
    Ok(Measured { case, events: count, subject, reference: bare, resident_bytes, batch, reference_batch: rows, twice })
}

/// The worker parts a batch of so many events into a transaction for each connection.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
fn rows_of_a_share(batch: f64) -> usize {
    (batch.round() as usize).div_ceil(CONNECTIONS)
}
