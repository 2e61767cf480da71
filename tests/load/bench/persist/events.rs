//! The events that are stored up: every body different, of one size, each written at a moment of its own.

use anyhow::{Context, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng, rngs::StdRng};
use shared::broker::Outgoing;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::events::raw::{EventHead, Kinds, RawEvent};
use tests::load::Line;

use crate::bodies::SIZE;

/// They came at such a pace while nobody stored them.
const PER_SECOND: i64 = 1_000;
/// The same customers write in the same order in every run.
const SEED: u64 = 4;

/// Events in the order in which they were accepted.
pub(super) struct Events(Vec<RawEvent>);

impl Events {
    /// So many, each from one of `customers`; where there are as many as events, each from another.
    pub(super) fn of(count: usize, customers: usize) -> anyhow::Result<Self> {
        let began = clock::now() - TimeDelta::seconds(i64::try_from(count)? / PER_SECOND);
        let mut random = StdRng::seed_from_u64(SEED);
        let mut wrote: Vec<usize> = (0..count).map(|number| number % customers).collect();
        wrote.shuffle(&mut random);
        let events = wrote.into_iter().zip(0_i64..).map(|(customer, number)| {
            let at = began + TimeDelta::microseconds(number * 1_000_000 / PER_SECOND);
            event(customer, number, at)
        });
        Ok(Self(events.collect::<Result<_, _>>()?))
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The messages that the ingress makes of them: `size` events each.
    pub(super) fn envelopes(&self, size: usize) -> anyhow::Result<Vec<Outgoing>> {
        let events: Vec<&RawEvent> = self.0.iter().collect();
        events.chunks(size).map(|chunk| Ok(Outgoing::events(chunk)?)).collect()
    }

    /// The same events in another order, in messages of one event up to `most`.
    pub(super) fn shuffled(&self, most: usize) -> anyhow::Result<Vec<Outgoing>> {
        let mut random = StdRng::seed_from_u64(SEED + 1);
        let mut events: Vec<&RawEvent> = self.0.iter().collect();
        events.shuffle(&mut random);
        let mut rest = &events[..];
        let mut envelopes = Vec::new();
        while !rest.is_empty() {
            let (chunk, others) = rest.split_at(random.random_range(1..=most).min(rest.len()));
            envelopes.push(Outgoing::events(chunk)?);
            rest = others;
        }
        Ok(envelopes)
    }
}

/// The number that everybody writes to.
fn line(customer: usize) -> Line {
    Line {
        phone_number_id: "106540352242922".to_owned(),
        waba_id: "102290129340398".to_owned(),
        phone: phone(customer),
    }
}

/// The phone number of a customer.
pub(super) fn phone(customer: usize) -> String {
    format!("8490{customer:07}")
}

/// How the platform calls the message of an event.
fn platform_id(number: i64) -> String {
    format!("wamid.bench-{number:08}")
}

/// The event that a message of this name came in.
pub(super) fn number(platform_id: &str) -> anyhow::Result<usize> {
    Ok(platform_id.strip_prefix("wamid.bench-").context("a message of nobody")?.parse()?)
}

fn event(customer: usize, number: i64, at: DateTime<Utc>) -> anyhow::Result<RawEvent> {
    let (line, id) = (line(customer), platform_id(number));
    let padding = SIZE.checked_sub(line.said(&id, "", at).len()).context("a body without words is too long")?;
    let body = line.said(&id, &"m".repeat(padding), at);
    ensure!(body.len() == SIZE, "a body has {} bytes", body.len());
    let head = EventHead {
        id: EventId::new(),
        channel: Channel::WhatsApp,
        kinds: Kinds { messages: true, ..Kinds::UNKNOWN },
        app: "default".to_owned(),
        received_at: at,
        traceparent: None,
    };
    Ok(RawEvent { head, body: body.into() })
}
