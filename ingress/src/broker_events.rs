//! Durable means: the broker has confirmed it. One publish per event.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::broker::{Broker, PublishError};
use shared::events::raw::RawEvent;

use crate::durable::{Durable, NotDurable};

/// How long a failed publish speaks against the next one. Not for ever: a process that is not ready
/// gets no requests, and would never find out that the broker is well again.
const DOUBT: Duration = Duration::from_secs(10);

/// Makes events durable in the broker's quorum queues.
pub struct BrokerEvents {
    broker: Broker,
    /// When the last publish failed, if it did.
    failed: Mutex<Option<Instant>>,
}

impl BrokerEvents {
    /// Publishes to `broker`.
    pub fn new(broker: Broker) -> Self {
        Self { broker, failed: Mutex::default() }
    }

    /// Whether an event that came now would most likely be made durable; if not, why.
    pub fn ready(&self) -> Result<(), String> {
        if !self.broker.is_connected() {
            return Err("not connected to the broker".to_owned());
        }
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match failed {
            Some(when) if when.elapsed() < DOUBT => Err("the last publish failed".to_owned()),
            _ => Ok(()),
        }
    }

    fn note(&self, published: &Result<(), PublishError>) {
        let failed = published.is_err().then(Instant::now);
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }
}

impl Durable for BrokerEvents {
    async fn keep(&self, event: RawEvent) -> Result<(), NotDurable> {
        let published = self.broker.publisher().publish_event(&event).await;
        self.note(&published);
        published.map_err(|error| NotDurable(error.into()))
    }
}
