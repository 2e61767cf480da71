//! How raw events are laid out in a broker message.
//!
//! One broker message carries one or more events of one routing key, each with its own head, so that
//! coalescing them never blurs which event is which:
//!
//! ```text
//! "LOA" version(1) | for each event: head length(4) head(JSON) body length(4) body
//! ```
//!
//! Lengths are big-endian. The body stays the platform's bytes: nothing re-encodes it.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::raw::{EventHead, RawEvent};

/// The content type of a broker message laid out like this.
pub const CONTENT_TYPE: &str = "application/vnd.loa.events";

const MAGIC: &[u8; 4] = b"LOA\x01";
/// Room for one head: its fields are short, its app name is bounded by the configuration.
const TYPICAL_HEAD: usize = 256;

/// Lays `events` out as one message.
pub fn encode<'a>(events: impl IntoIterator<Item = &'a RawEvent, IntoIter: Clone>) -> Result<Bytes, EnvelopeError> {
    let events = events.into_iter();
    let bodies: usize = events.clone().map(|event| TYPICAL_HEAD + event.body.len()).sum();
    let mut out = BytesMut::with_capacity(MAGIC.len() + bodies);
    out.put_slice(MAGIC);
    for event in events {
        put_head(&mut out, &event.head)?;
        put_part(&mut out, &event.body)?;
    }
    Ok(out.freeze())
}

/// Reads back what [`encode`] laid out. Bodies share the memory of `message`.
pub fn decode(mut message: Bytes) -> Result<Vec<RawEvent>, EnvelopeError> {
    if message.len() < MAGIC.len() || &message.split_to(MAGIC.len())[..] != MAGIC {
        return Err(EnvelopeError::Magic);
    }
    let mut events = Vec::new();
    while !message.is_empty() {
        let head: EventHead = serde_json::from_slice(&take_part(&mut message)?).map_err(EnvelopeError::Head)?;
        let body = take_part(&mut message)?;
        events.push(RawEvent { head, body });
    }
    if events.is_empty() {
        return Err(EnvelopeError::Empty);
    }
    Ok(events)
}

/// Written in place; its length is known only then.
fn put_head(out: &mut BytesMut, head: &EventHead) -> Result<(), EnvelopeError> {
    let begins = out.len();
    out.put_u32(0);
    serde_json::to_writer(out.writer(), head).map_err(EnvelopeError::Head)?;
    let length = out.len() - begins - size_of::<u32>();
    let length = u32::try_from(length).map_err(|_| EnvelopeError::TooLong(length))?;
    out[begins..begins + size_of::<u32>()].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

fn put_part(out: &mut BytesMut, part: &[u8]) -> Result<(), EnvelopeError> {
    let length = u32::try_from(part.len()).map_err(|_| EnvelopeError::TooLong(part.len()))?;
    out.put_u32(length);
    out.put_slice(part);
    Ok(())
}

fn take_part(message: &mut Bytes) -> Result<Bytes, EnvelopeError> {
    let length = message.try_get_u32().map_err(|_| EnvelopeError::Truncated)? as usize;
    if length > message.len() {
        return Err(EnvelopeError::Truncated);
    }
    Ok(message.split_to(length))
}

/// Why a broker message is no envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// It begins with something else, or has another version.
    #[error("not an envelope of events, version 1")]
    Magic,
    /// It ends in the middle of an event.
    #[error("the envelope is cut short")]
    Truncated,
    /// It holds no event.
    #[error("the envelope holds no event")]
    Empty,
    /// A part does not fit into four bytes of length.
    #[error("a part of {0} bytes does not fit an envelope")]
    TooLong(usize),
    /// A head is not what it should be.
    #[error("the head of an event does not read: {0}")]
    Head(#[source] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::channel::Channel;
    use crate::domain::clock;
    use crate::domain::ids::EventId;
    use crate::events::raw::Kinds;

    fn event(body: Vec<u8>) -> RawEvent {
        let head = EventHead {
            id: EventId::new(),
            channel: Channel::WhatsApp,
            kinds: Kinds { messages: true, ..Kinds::UNKNOWN },
            app: "default".to_owned(),
            received_at: clock::now(),
            traceparent: None,
        };
        RawEvent { head, body: body.into() }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 1..5)) {
            let events: Vec<RawEvent> = bodies.into_iter().map(event).collect();
            let message = encode(&events).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let back = decode(message).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(back, events);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..128), cut in 0_usize..64) {
            let _ = decode(Bytes::from(bytes));
            let whole = encode([&event(b"{}".to_vec())]).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let short = whole.slice(..whole.len().saturating_sub(cut + 1));
            prop_assert!(decode(short).is_err());
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_refused_before_anything_is_allocated() {
        let mut message = BytesMut::from(&MAGIC[..]);
        message.put_u32(u32::MAX);
        assert!(matches!(decode(message.freeze()), Err(EnvelopeError::Truncated)));
    }
}
