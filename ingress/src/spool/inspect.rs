//! A segment outside of any directory, for whoever wants to see what holds of one: fuzzers and tests.

use bytes::Bytes;
use shared::events::raw::RawEvent;
use shared::seal::{MasterKey, SealError};

use super::key::{Envelope, SegmentKey};
use super::window::{Open, messages};

/// Lays `envelopes` out as a segment, each in a record of its own.
pub fn write(master: Option<&MasterKey>, envelopes: &[Bytes]) -> Result<Vec<u8>, SealError> {
    let (key, header) = SegmentKey::make(master)?;
    let mut segment = header.encode();
    for (number, bytes) in (0..).zip(envelopes) {
        key.record(number, &Envelope { bytes: bytes.clone(), events: 1, oldest: 0 }, &mut segment)?;
    }
    Ok(segment)
}

/// Reads `segment` as the drainer does: the events that it would publish, by routing key.
pub fn read(master: Option<&MasterKey>, segment: &Bytes, most: usize) -> Vec<Vec<RawEvent>> {
    let mut read = Vec::new();
    let Some(mut open) = Open::of(segment, master) else { return read };
    loop {
        let window = open.window();
        for (_, events) in window.lanes {
            // The events were decoded, so they can be laid out again; how they are is the broker's concern.
            debug_assert!(messages(&events, most).all(|message| message.is_ok()));
            read.push(events);
        }
        if window.is_last {
            return read;
        }
    }
}
