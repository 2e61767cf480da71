//! An envelope of events: never a panic, and what it holds can be laid out again.

use bytes::Bytes;
use shared::events::envelope::{decode, encode};

/// Reads `input` as an envelope.
///
/// # Panics
/// When what was read is not the same after it was written and read again.
pub fn holds(input: &[u8]) {
    let Ok(events) = decode(Bytes::copy_from_slice(input)) else { return };
    let carried: usize = events.iter().map(|event| event.body.len()).sum();
    assert!(!events.is_empty() && carried < input.len(), "more is read than there is");
    let again = match encode(&events) {
        Ok(again) => again,
        Err(error) => panic!("it cannot be laid out again: {error}"),
    };
    match decode(again) {
        Ok(read) => assert_eq!(read, events),
        Err(error) => panic!("it does not read again: {error}"),
    }
}
