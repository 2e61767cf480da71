//! Takes out of the queue what the ingress puts in, and counts how often each event came.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use lapin::options::BasicConsumeOptions;
use lapin::types::FieldTable;
use shared::broker::Queue;
use shared::events::envelope;
use tests::load::Queues;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::bodies::Bodies;

/// Nothing came for so long: nothing is left.
const QUIET: Duration = Duration::from_secs(2);
const LIMIT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);

/// How often each event came, by the number in its body.
pub(super) struct Tally {
    stored: Arc<Mutex<Vec<u32>>>,
    _counting: JoinSet<anyhow::Result<()>>,
}

impl Tally {
    /// Counts what comes into the queue of `persist`, of `count` different bodies.
    pub(super) async fn begin(queues: &Queues, bodies: &Arc<Bodies>, count: usize) -> anyhow::Result<Self> {
        let (channel, queue) = (queues.channel().await?, queues.name(Queue::Persist));
        // Whatever is handed out counts as stored: it was in a quorum queue.
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let mut deliveries = channel.basic_consume(queue, "tally".into(), options, FieldTable::default()).await?;
        let stored = Arc::new(Mutex::new(vec![0; count]));
        let (counts, bodies) = (Arc::clone(&stored), Arc::clone(bodies));
        let mut counting = JoinSet::new();
        counting.spawn(async move {
            // It lives as long as its deliveries.
            let _channel = channel;
            while let Some(delivery) = deliveries.next().await {
                let events = envelope::decode(Bytes::from(delivery?.data))?;
                let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                for event in events {
                    let number = bodies.number(&event.body);
                    if let Some(count) = number.and_then(|number| counts.get_mut(number)) {
                        *count += 1;
                    }
                }
            }
            Ok(())
        });
        Ok(Self { stored, _counting: counting })
    }

    /// How often each came, once nothing comes any more.
    pub(super) async fn end(self) -> Vec<u32> {
        let (deadline, mut quiet_since, mut sum) = (Instant::now() + LIMIT, Instant::now(), self.sum());
        while quiet_since.elapsed() < QUIET && Instant::now() < deadline {
            sleep(POLL).await;
            let now = self.sum();
            if now != sum {
                (sum, quiet_since) = (now, Instant::now());
            }
        }
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sum(&self) -> u64 {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().map(u64::from).sum()
    }
}
