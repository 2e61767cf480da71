//! What the platform took, by our own ids.

use std::collections::HashMap;

use simulator::{Outcome, Simulator};
use uuid::Uuid;

/// What the platform took of one message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    /// The platform's id of each time that it took it.
    pub(crate) platform_ids: Vec<String>,
}

/// Every message that the platform took, and how many it took that bore no name of ours.
pub(crate) fn by_message(platform: &Simulator) -> (HashMap<Uuid, Taken>, usize) {
    let mut taken: HashMap<Uuid, Taken> = HashMap::new();
    let mut nameless = 0;
    for received in platform.received() {
        if !matches!(received.outcome, Outcome::Accepted | Outcome::AnswerLost) {
            continue;
        }
        let name = received.message_name().and_then(|name| name.strip_prefix("loa:"));
        match name.and_then(|id| id.parse().ok()) {
            Some(id) => taken.entry(id).or_default().platform_ids.extend(received.platform_id),
            None => nameless += 1,
        }
    }
    (taken, nameless)
}
