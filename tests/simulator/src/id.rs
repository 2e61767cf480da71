//! Ids in the platforms' forms. They never repeat, not even across restarts with the same seed:
//! a repeated id would look like the same message delivered again.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};

use crate::channel::Channel;

/// X counts its ids' milliseconds from here.
const X_EPOCH_MS: i64 = 1_288_834_974_657;

/// A new id for a message of `channel`.
pub(crate) fn message(channel: Channel, at: DateTime<Utc>) -> String {
    match channel {
        Channel::Whatsapp => format!("wamid.{}", STANDARD.encode(rand::random::<[u8; 33]>())),
        Channel::Messenger => {
            let bytes: [u8; 32] = rand::random();
            format!("m_{}", URL_SAFE_NO_PAD.encode([bytes, rand::random()].concat()))
        }
        Channel::X => x_event(at),
    }
}

/// An id of X's kind: milliseconds, then 22 bits that tell apart what one millisecond holds.
fn x_event(at: DateTime<Utc>) -> String {
    let millis = (at.timestamp_millis() - X_EPOCH_MS).max(0);
    let low = i64::from(rand::random::<u32>() >> 10);
    ((millis << 22) | low).to_string()
}

/// A new id for a file: digits, as all ids of the Graph API.
pub(crate) fn media() -> String {
    node()
}

/// A new id of a thing that the Graph API knows.
pub(crate) fn node() -> String {
    (1_000_000_000_000_000 + rand::random::<u64>() % 8_000_000_000_000_000).to_string()
}

/// A new `fbtrace_id`.
pub(crate) fn trace() -> String {
    format!("A{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()))
}
