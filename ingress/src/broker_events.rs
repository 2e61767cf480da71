//! Durable means: the broker has confirmed it, or, where there is a spool, the disk has it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::broker::{Broker, Outgoing, PublishError, Publisher};
use tokio_util::task::TaskTracker;

use crate::admission::Admitted;
use crate::durable::{Durable, NotDurable};
use crate::gather::{Gather, Publish};
use crate::keeping::Keeping;
use crate::metrics::Metrics;
use crate::spool::{self, OpenError, Outlet, Spool};

/// How long a failed publish speaks against the next one. Not for ever: a process that is not ready
/// gets no requests, and would never find out that the broker is well again.
const DOUBT: Duration = Duration::from_secs(10);
/// How long a confirm may take where there is a spool. Platforms wait for several seconds, and count a
/// webhook that they had to wait for as failed.
const SPOOL_AFTER: Duration = Duration::from_millis(1500);

/// Makes events durable in the broker's quorum queues.
pub struct BrokerEvents {
    confirmed: Confirmed,
    spool: Option<Spool>,
    keeping: Keeping<Confirmed>,
    /// None: each event is published by itself.
    gather: Option<Gather<Keeping<Confirmed>>>,
    metrics: Arc<Metrics>,
    /// Publishes of single events, which outlive the clients that wait for them.
    single: TaskTracker,
}

/// Publishes, and remembers how it went.
#[derive(Clone)]
struct Confirmed {
    broker: Broker,
    publisher: Publisher,
    last: Arc<LastPublish>,
}

impl BrokerEvents {
    /// Publishes to `broker`, at most `most` events in one message, by tasks of the runtime that it is called on.
    pub fn new(broker: Broker, most: usize, metrics: Arc<Metrics>) -> Self {
        Self::build(Confirmed::new(broker), None, most, metrics)
    }

    /// The same, with a spool for what the broker does not confirm in time. Its tasks are of `tasks`.
    pub async fn with_spool(
        broker: Broker,
        most: usize,
        metrics: Arc<Metrics>,
        settings: spool::Settings,
        tasks: &TaskTracker,
    ) -> Result<Self, OpenError> {
        let mut confirmed = Confirmed::new(broker);
        let spool = Spool::start(settings, &metrics.spool, confirmed.clone(), most, tasks).await?;
        confirmed.publisher = confirmed.publisher.with_limit(SPOOL_AFTER);
        Ok(Self::build(confirmed, Some(spool), most, metrics))
    }

    fn build(confirmed: Confirmed, spool: Option<Spool>, most: usize, metrics: Arc<Metrics>) -> Self {
        let keeping = Keeping::new(confirmed.clone(), spool.clone());
        let gather = (most > 1).then(|| Gather::new(keeping.clone(), most, Arc::clone(&metrics)));
        Self { confirmed, spool, keeping, gather, metrics, single: TaskTracker::new() }
    }

    /// Whether an event that came now would most likely be made durable; if not, why.
    pub fn ready(&self) -> Result<(), String> {
        let Some(spool) = &self.spool else { return self.confirmed.ready() };
        let Err(refusing) = spool.ready() else { return Ok(()) };
        if spool.is_empty() { self.confirmed.ready() } else { Err(refusing) }
    }

    /// Nothing more will come: empties the spool if that can be done until `deadline`, else leaves it on disk.
    pub async fn finish(&self, deadline: Instant) {
        let Some(spool) = &self.spool else { return };
        if self.confirmed.broker.is_connected() {
            // What is left is told when the spool is left.
            let _ = tokio::time::timeout_at(deadline.into(), spool.emptied()).await;
        }
        spool.leave();
    }
}

impl Durable for BrokerEvents {
    async fn keep(&self, admitted: Admitted) -> Result<(), NotDurable> {
        if let Some(gather) = &self.gather {
            return gather.keep(admitted).await;
        }
        let message = Outgoing::event(&admitted.event).map_err(|error| NotDurable(error.into()))?;
        let (keeping, metrics, began) = (self.keeping.clone(), Arc::clone(&self.metrics), Instant::now());
        let kept = self.single.spawn(async move {
            // All of it comes along: with its head alone the room would be given back too early.
            let admitted = admitted;
            let kept = keeping.publish(message).await;
            metrics.ended(&admitted.event.head, kept.is_ok(), began.elapsed());
            kept
        });
        let kept = kept.await.map_err(|panicked| NotDurable(panicked.into()))?;
        kept.map_err(|error| NotDurable(error.into()))
    }
}

impl Confirmed {
    fn new(broker: Broker) -> Self {
        let publisher = broker.publisher().clone();
        Self { broker, publisher, last: Arc::default() }
    }

    fn ready(&self) -> Result<(), String> {
        if !self.broker.is_connected() {
            return Err("not connected to the broker".to_owned());
        }
        if self.last.casts_doubt(Instant::now()) {
            return Err("the last publish failed".to_owned());
        }
        Ok(())
    }
}

impl Outlet for Confirmed {
    async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        let published = self.publisher.publish(message).await;
        self.last.ended(published.is_ok(), Instant::now());
        published
    }

    async fn connected(&self) {
        // An error says that the process ends, and so does whoever asks.
        let _ = self.broker.connected().await;
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
