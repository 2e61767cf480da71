//! What a run left in the store and in the platform's ledger.

use std::collections::BTreeMap;

use ::tests::load::{Name, Product};
use anyhow::Context;
use chrono::{DateTime, Utc};
use simulator::{Outcome, Simulator};
use sqlx::PgPool;

const SECOND: i64 = 1_000_000;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) sent: usize,
    pub(crate) seconds: f64,
    pub(crate) per_second: f64,
    /// The rate until nine tenths had gone.
    pub(crate) busy_per_second: f64,
    pub(crate) most_stamps: usize,
    pub(crate) most_arrivals: usize,
    /// How often the platform refused, by code.
    pub(crate) refusals: BTreeMap<i64, usize>,
    pub(crate) duplicates: u64,
    pub(crate) out_of_order: i64,
    pub(crate) senders: Senders,
}

/// What the senders counted, and what they took.
#[derive(Debug, Default)]
pub(crate) struct Senders {
    pub(crate) slots_kept: f64,
    pub(crate) slots_missed: f64,
    pub(crate) slots_overslept: f64,
    pub(crate) pair_waits: f64,
    /// Seconds of a processor.
    pub(crate) processor: f64,
}

impl Senders {
    /// Asks each of `names`.
    pub(crate) async fn of(product: &Product, names: &[Name]) -> anyhow::Result<Self> {
        let (mut senders, ids) = (Self::default(), product.ids());
        for name in names {
            senders.slots_kept += product.metric_where(*name, "loa_outbound_slots_total", "kept").await?;
            senders.slots_missed += product.metric_where(*name, "loa_outbound_slots_total", "missed").await?;
            senders.slots_overslept += product.metric_where(*name, "loa_outbound_slots_total", "overslept").await?;
            senders.pair_waits += product.metric(*name, "loa_outbound_pair_waits_total").await?;
            senders.processor += processor_seconds(ids.get(name).copied().flatten().context("it does not run")?)?;
        }
        Ok(senders)
    }
}

/// What the process `id` has used of a processor, in and out of the kernel, by `/proc`: hundredths of a second.
fn processor_seconds(id: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let fields = stat.rsplit_once(") ").context("no name of a process")?.1;
    let ticks: Vec<f64> = fields.split(' ').skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

impl Measured {
    /// Looks at everything there is.
    pub(crate) async fn of(db: &PgPool, platform: &Simulator, senders: Senders) -> anyhow::Result<Self> {
        let stamps: Vec<DateTime<Utc>> = sqlx::query_scalar(
            "select attempted_at from messages where direction = 'outbound' and platform_id is not null
             order by attempted_at",
        )
        .fetch_all(db)
        .await?;
        let stamps: Vec<i64> = stamps.iter().map(DateTime::timestamp_micros).collect();
        let out_of_order = sqlx::query_scalar(
            "select count(*) from (
                 select attempted_at, lag(attempted_at) over (partition by conversation_id order by id) as before
                 from messages where direction = 'outbound') m
             where attempted_at < before",
        )
        .fetch_one(db)
        .await?;
        let (mut arrivals, mut refusals) = (Vec::new(), BTreeMap::new());
        for received in platform.received() {
            match received.outcome {
                Outcome::Refused { code, .. } => *refusals.entry(code).or_default() += 1,
                _ => arrivals.push(received.at),
            }
        }
        arrivals.sort_unstable();
        let seconds = lasted(&stamps);
        Ok(Self {
            sent: stamps.len(),
            seconds,
            per_second: rate(&stamps)?,
            busy_per_second: rate(&stamps[..stamps.len() * 9 / 10])?,
            most_stamps: most_in_a_second(&stamps),
            most_arrivals: most_in_a_second(&arrivals),
            refusals,
            duplicates: platform.counts().requests.duplicates,
            out_of_order,
            senders,
        })
    }
}

/// From the first of `sorted` to the last, in seconds.
fn lasted(sorted: &[i64]) -> f64 {
    match (sorted.first(), sorted.last()) {
        (Some(first), Some(last)) => in_seconds(last - first),
        _ => f64::NAN,
    }
}

/// How many of `sorted` followed the first, a second.
fn rate(sorted: &[i64]) -> anyhow::Result<f64> {
    Ok(f64::from(u32::try_from(sorted.len().saturating_sub(1))?) / lasted(sorted))
}

fn in_seconds(micros: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let micros = micros as f64;
    micros / 1e6
}

/// The most of `sorted`, in microseconds, that any half-open second holds.
fn most_in_a_second(sorted: &[i64]) -> usize {
    let in_second_from = |at: usize, from: i64| sorted.partition_point(|moment| *moment < from + SECOND) - at;
    sorted.iter().enumerate().map(|(at, from)| in_second_from(at, *from)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_open_at_its_end() {
        assert_eq!(most_in_a_second(&[0, 1, SECOND, SECOND + 1, SECOND + 2]), 3);
        assert_eq!(most_in_a_second(&[]), 0);
    }

    #[test]
    fn a_rate_counts_what_followed_the_first() {
        assert_eq!(rate(&[0, SECOND, 2 * SECOND]).unwrap().to_bits(), 1.0_f64.to_bits());
    }
}
