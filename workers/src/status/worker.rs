//! The consumer of queue `status`.

use shared::broker::Queue;
use shared::broker::consume::{Failure, Worker};
use shared::domain::clock;
use shared::events::raw::RawEvent;
use shared::events::wake::WakeAccount;
use shared::store::unclaimed::keep::Unclaimed;
use shared::store::{StoreError, pool};

use super::metrics::Metrics;
use super::writing::{self, Applied, Read};
use crate::context::Context;
use crate::send::heard;
use crate::{failure, handled};

/// Moves messages through their life.
pub struct Track {
    context: Context,
    metrics: Metrics,
}

impl Track {
    /// The worker over `context`.
    pub fn new(context: Context, metrics: Metrics) -> Self {
        Self { context, metrics }
    }

    async fn apply(&self, read: &[Read<'_>], unreadable: &[Unclaimed<'_>]) -> Result<Applied, StoreError> {
        let mut transaction = self.context.pool.begin().await?;
        let applied = writing::write(&mut transaction, &self.context.keyring, read, unreadable).await?;
        transaction.commit().await?;
        Ok(applied)
    }

    /// A wake that is lost here is found by the janitor: what it is about is committed.
    async fn wake(&self, applied: &Applied) {
        let outbound = applied.unblocked.iter().map(|id| WakeAccount { account_id: *id });
        if let Err(error) = self.context.publisher().wake(Queue::Outbound, outbound).await {
            tracing::warn!(%error, "the sender was not woken");
        }
        heard::wake(self.context.publisher(), applied.told.clone()).await;
    }

    fn count(&self, events: &[RawEvent], applied: &Applied) {
        for event in events {
            self.metrics.age.observe(event.head.received_at);
        }
        let same = applied.total.saturating_sub(applied.changed + applied.orphans);
        self.metrics.statuses.with_label_values(&["changed"]).inc_by(applied.changed);
        self.metrics.statuses.with_label_values(&["orphan"]).inc_by(applied.orphans);
        self.metrics.statuses.with_label_values(&["same"]).inc_by(same);
        for heard in &applied.heard {
            self.metrics.news.with_label_values(&[heard.field, heard.outcome.as_str()]).inc();
        }
        for (scope, code) in &applied.carried.pauses {
            self.metrics.pauses.with_label_values(&[*scope, code.to_string().as_str()]).inc();
        }
        for reason in &applied.unclaimed {
            self.metrics.unclaimed.with_label_values(&[reason.as_str()]).inc();
        }
    }
}

impl Worker for Track {
    const NAME: &'static str = "status";
    const QUEUE: Queue = Queue::Status;
    type Task = RawEvent;

    async fn handle(&self, batch: &[RawEvent]) -> Result<(), Failure> {
        let began = clock::now();
        let (read, unreadable) = writing::read(batch);
        let applied = failure::racing(|| self.apply(&read, &unreadable)).await.map_err(failure::of_store)?;
        self.wake(&applied).await;
        self.count(batch, &applied);
        for event in batch {
            handled::tell(&event.head, began, "apply status", "applied");
        }
        Ok(())
    }

    async fn probe(&self) -> bool {
        pool::ping(&self.context.pool).await.is_ok()
    }
}
