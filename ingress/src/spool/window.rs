//! What the drainer takes out of a part of a segment at once.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use bytes::Bytes;
use shared::broker::Outgoing;
use shared::events::envelope;
use shared::events::raw::RawEvent;
use shared::seal::MasterKey;

use super::format::{HEADER, Header};
use super::key::SegmentKey;
use super::records::{Found, Record, Records};
use super::shelf::{Part, Tally};
use crate::message_size::fitting;

/// Bytes of payloads in one window, past which no record is added.
const MOST_BYTES: usize = 1 << 20;

/// A part of a segment in memory.
#[derive(Debug)]
pub(crate) struct Open {
    key: SegmentKey,
    records: Records,
}

/// Some records, ready for the broker.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// The events of each routing key, in the order in which they were written.
    pub(crate) lanes: Vec<(String, Vec<RawEvent>)>,
    pub(crate) tally: Tally,
    /// Places that do not read.
    pub(crate) damaged: u64,
    /// Whether nothing comes behind it.
    pub(crate) is_last: bool,
}

impl Open {
    /// The records that stand behind the header in `segment`; none where there is no header, or not for this key.
    pub(crate) fn of(segment: &Bytes, master: Option<&MasterKey>) -> Option<Self> {
        let key = SegmentKey::open(&Header::decode(segment)?, master).ok()?;
        let records = Records::new(key.id(), segment.slice(HEADER..), 0);
        Some(Self { key, records })
    }

    /// Reads `part`. A file that has become shorter is read as far as it goes.
    pub(crate) fn read(part: &Part) -> io::Result<Self> {
        let file = File::open(&part.segment.path)?;
        let length = part.segment.length.min(file.metadata()?.len()).saturating_sub(part.from);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, part.from)?;
        let key = part.segment.key.clone();
        let records = Records::new(key.id(), Bytes::from(bytes), part.before.records);
        Ok(Self { key, records })
    }

    /// The next window.
    pub(crate) fn window(&mut self) -> Window {
        let mut window = Window::default();
        let began = self.records.at();
        while self.records.at() - began < MOST_BYTES {
            match self.records.next() {
                Some(Found::Record(record)) => window.add(&self.key, &record),
                Some(Found::Damage(_) | Found::Rest(_)) => window.damaged += 1,
                None => {
                    window.is_last = true;
                    break;
                }
            }
        }
        window
    }
}

impl Window {
    /// How many events there are to publish.
    pub(crate) fn events(&self) -> u64 {
        self.lanes.iter().map(|(_, events)| events.len() as u64).sum()
    }

    fn add(&mut self, key: &SegmentKey, record: &Record) {
        self.tally += Tally { records: 1, events: record.head.events.into() };
        let events = key.envelope(record).ok().and_then(|envelope| envelope::decode(envelope).ok());
        let Some(events) = events else {
            self.damaged += 1;
            return;
        };
        for event in events {
            let key = event.head.routing_key();
            match self.lanes.iter_mut().find(|(of, _)| *of == key) {
                Some((_, lane)) => lane.push(event),
                None => self.lanes.push((key, vec![event])),
            }
        }
    }
}

/// Lays the events of one routing key out as messages of at most `most` events.
pub(crate) fn messages(
    events: &[RawEvent],
    most: usize,
) -> impl Iterator<Item = Result<Outgoing, envelope::EnvelopeError>> {
    let mut rest = events;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (now, later) = rest.split_at(fitting(rest.iter().take(most).map(|event| event.body.len())));
        rest = later;
        Some(Outgoing::events(&now.iter().collect::<Vec<_>>()))
    })
}
