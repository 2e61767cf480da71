//! Durable means: the broker has confirmed it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::broker::{Broker, Outgoing, PublishError};
use tokio_util::task::TaskTracker;

use crate::admission::Admitted;
use crate::durable::{Durable, NotDurable};
use crate::gather::{Gather, Publish};
use crate::metrics::Metrics;

/// How long a failed publish speaks against the next one. Not for ever: a process that is not ready
/// gets no requests, and would never find out that the broker is well again.
const DOUBT: Duration = Duration::from_secs(10);

/// Makes events durable in the broker's quorum queues.
pub struct BrokerEvents {
    confirmed: Confirmed,
    /// None: each event is published by itself.
    gather: Option<Gather<Confirmed>>,
    metrics: Arc<Metrics>,
    /// Publishes of single events, which outlive the clients that wait for them.
    single: TaskTracker,
}

/// Publishes, and remembers how it went.
#[derive(Clone)]
struct Confirmed {
    broker: Broker,
    last: Arc<LastPublish>,
}

impl BrokerEvents {
    /// Publishes to `broker`, at most `most` events in one message.
    pub fn new(broker: Broker, most: usize, metrics: Arc<Metrics>) -> Self {
        let confirmed = Confirmed { broker, last: Arc::default() };
        let gather = (most > 1).then(|| Gather::new(confirmed.clone(), most, Arc::clone(&metrics)));
        Self { confirmed, gather, metrics, single: TaskTracker::new() }
    }

    /// Whether an event that came now would most likely be made durable; if not, why.
    pub fn ready(&self) -> Result<(), String> {
        if !self.confirmed.broker.is_connected() {
            return Err("not connected to the broker".to_owned());
        }
        if self.confirmed.last.casts_doubt(Instant::now()) {
            return Err("the last publish failed".to_owned());
        }
        Ok(())
    }
}

impl Durable for BrokerEvents {
    async fn keep(&self, admitted: Admitted) -> Result<(), NotDurable> {
        if let Some(gather) = &self.gather {
            return gather.keep(admitted).await;
        }
        let message = Outgoing::event(&admitted.event).map_err(|error| NotDurable(error.into()))?;
        let (confirmed, metrics, began) = (self.confirmed.clone(), Arc::clone(&self.metrics), Instant::now());
        let published = self.single.spawn(async move {
            // All of it comes along: with its head alone the room would be given back too early.
            let admitted = admitted;
            let published = confirmed.publish(message).await;
            metrics.ended(&admitted.event.head, published.is_ok(), began.elapsed());
            published
        });
        let published = published.await.map_err(|panicked| NotDurable(panicked.into()))?;
        published.map_err(|error| NotDurable(error.into()))
    }
}

impl Publish for Confirmed {
    async fn publish(&self, message: Outgoing) -> Result<(), Arc<PublishError>> {
        let published = self.broker.publisher().publish(message).await;
        self.last.ended(published.is_ok(), Instant::now());
        published.map_err(Arc::new)
    }
}

/// When the last publish failed, if it did.
#[derive(Debug, Default)]
struct LastPublish(Mutex<Option<Instant>>);

impl LastPublish {
    fn ended(&self, well: bool, now: Instant) {
        let failed = (!well).then_some(now);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }

    fn casts_doubt(&self, now: Instant) -> bool {
        let failed = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|failed| now.duration_since(failed) < DOUBT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_casts_doubt_until_a_success_or_for_a_while() {
        let (last, now) = (LastPublish::default(), Instant::now());
        assert!(!last.casts_doubt(now));
        last.ended(false, now);
        assert!(last.casts_doubt(now));
        assert!(!last.casts_doubt(now + DOUBT));
        last.ended(true, now);
        assert!(!last.casts_doubt(now));
    }
}
