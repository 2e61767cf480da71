//! A segment of the ingress's spool: never a panic, and nothing is read that was not written.

use std::sync::LazyLock;

use bytes::Bytes;
use ingress::spool::inspect;
use shared::config::FromSetting;
use shared::domain::channel::Channel;
use shared::domain::ids::EventId;
use shared::events::envelope;
use shared::events::raw::{EventHead, Kinds, RawEvent};
use shared::seal::MasterKey;

/// Events in one message, as the ingress has it.
const MOST: usize = 512;
/// An edit is a place in two bytes, and what is done to the byte there.
const EDIT: usize = 3;

static MASTER: LazyLock<Option<MasterKey>> =
    LazyLock::new(|| MasterKey::from_setting("bG9hZC1sb2FkLWxvYWQtbG9hZC1sb2FkLWxvYWQtMTI=").ok());

/// Reads `input` as a segment, as what segments carry, and as edits of a good one.
///
/// # Panics
/// When more is read than there is, or something else than was written.
pub fn holds(input: &[u8]) {
    let segment = Bytes::copy_from_slice(input);
    for master in [None, MASTER.as_ref()] {
        assert!(bytes(&inspect::read(master, &segment, MOST)) <= input.len(), "more is read than there is");
    }
    carried(input);
    edited(input);
}

/// Good records of anything.
fn carried(input: &[u8]) {
    let payloads: Vec<Bytes> = input.split(|byte| *byte == b'\n').map(Bytes::copy_from_slice).collect();
    let Ok(segment) = inspect::write(None, &payloads) else { return };
    let readable: usize =
        payloads.iter().filter_map(|payload| envelope::decode(payload.clone()).ok()).map(|e| e.len()).sum();
    let read = inspect::read(None, &segment.into(), MOST);
    assert_eq!(read.iter().map(Vec::len).sum::<usize>(), readable, "records are lost or made up");
}

/// How many edits, the edits, and then what is said by the events that were written, in lines.
fn edited(input: &[u8]) {
    let Some((count, rest)) = input.split_first() else { return };
    let (edits, lines) = rest.split_at((usize::from(*count) * EDIT).min(rest.len()));
    let written: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').collect();
    let envelopes: Vec<Bytes> = written.iter().filter_map(|line| envelope::encode([&event(line)]).ok()).collect();
    let Ok(mut segment) = inspect::write(MASTER.as_ref(), &envelopes) else { return };
    for edit in edits.as_chunks::<EDIT>().0 {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % segment.len();
        segment[at] ^= edit[2];
    }
    let read = inspect::read(MASTER.as_ref(), &segment.into(), MOST);
    let mut left = written.iter();
    for event in read.iter().flatten() {
        assert!(left.any(|line| event.body == *line), "what was read was not written, or not in that order");
    }
}

fn event(body: &[u8]) -> RawEvent {
    let head = EventHead {
        id: EventId::new(),
        channel: Channel::WhatsApp,
        kinds: Kinds { messages: true, ..Kinds::UNKNOWN },
        app: "default".to_owned(),
        received_at: shared::domain::clock::now(),
        traceparent: None,
    };
    RawEvent { head, body: Bytes::copy_from_slice(body) }
}

fn bytes(read: &[Vec<RawEvent>]) -> usize {
    read.iter().flatten().map(|event| event.body.len()).sum()
}
