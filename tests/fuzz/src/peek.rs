//! The glance that routes an event: never a panic, and it announces whatever the reading finds, or says that it
//! knows nothing.

use shared::channels::parse;
use shared::domain::channel::Channel;
use shared::peek::peek;

/// Glances at `body` as it came in by the path of `channel`, and reads it where the glance sends it.
///
/// # Panics
/// When the reading finds what the glance has not announced.
pub fn holds(channel: Channel, body: &[u8]) {
    let peeked = peek(Some(channel), body);
    let Ok(parsed) = parse(peeked.channel, body) else {
        return;
    };
    let kinds = peeked.kinds;
    // Such an event goes to the worker that reads it whole, and keeps aside what is for others.
    if kinds.is_unknown() {
        return;
    }
    assert!(parsed.messages.is_empty() || kinds.messages, "messages were not announced: {kinds}");
    assert!(parsed.statuses.is_empty() || kinds.statuses, "statuses were not announced: {kinds}");
    // Statuses and news of the account go to the same worker.
    assert!(parsed.account.is_empty() || kinds.statuses || kinds.account, "news were not announced: {kinds}");
}
