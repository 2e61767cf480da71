//! What the platform took, by our own ids.

use std::collections::HashMap;

use simulator::{Outcome, Simulator};
use uuid::Uuid;

/// What the platform took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    /// For each message the platform's id of every time that it was taken.
    pub(crate) messages: HashMap<Uuid, Vec<String>>,
    /// How many it took that bore no name of ours.
    pub(crate) nameless: usize,
}

/// Every message that `platform` took.
pub(crate) fn by_message(platform: &Simulator) -> Taken {
    let mut taken = Taken::default();
    for received in platform.received() {
        if !matches!(received.outcome, Outcome::Accepted | Outcome::AnswerLost) {
            continue;
        }
        let name = received.message_name().and_then(|name| name.strip_prefix("loa:"));
        match name.and_then(|id| id.parse().ok()) {
            Some(id) => taken.messages.entry(id).or_default().extend(received.platform_id),
            None => taken.nameless += 1,
        }
    }
    taken
}
