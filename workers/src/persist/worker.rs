//! The consumer of queue `persist`.

use std::panic;
use std::sync::Arc;

use shared::broker::Queue;
use shared::broker::consume::{Failure, Worker};
use shared::cache::Rates;
use shared::domain::clock;
use shared::events::raw::RawEvent;
use shared::events::wake::{WakeAccount, WakeConversation};
use shared::store::keyring::Keys;
use shared::store::{Keyring, PgPool, StoreError, pool};
use tokio::task::JoinSet;

use super::claiming;
use super::metrics::Metrics;
use super::reading::{self, Reading};
use super::recent::{Guesses, Recent};
use super::sharing::{self, Share, Turns};
use super::telling::{self, Sealed};
use super::writing::{self, Written};
use crate::context::Context;
use crate::{failure, handled};

/// Stores what customers write.
pub struct Persist {
    context: Context,
    metrics: Metrics,
    rates: Option<Rates>,
    writer: Arc<Writer>,
}

impl Persist {
    /// The worker over `context`.
    pub fn new(context: Context, metrics: Metrics) -> Self {
        let (pool, keyring) = (context.pool.clone(), context.keyring.clone());
        let writer = Arc::new(Writer { pool, keyring, recent: Recent::new(), turns: Turns::default() });
        Self { context, metrics, rates: None, writer }
    }

    /// The same, telling `rates` what came in, which counts against what may go out.
    #[must_use]
    pub fn telling(self, rates: Rates) -> Self {
        Self { rates: Some(rates), ..self }
    }

    /// Best effort, and nobody waits for it.
    fn tell(&self, written: &Written) {
        let (Some(rates), false) = (self.rates.clone(), written.received.is_empty()) else {
            return;
        };
        let counts: Vec<_> = written.received.iter().map(|(account, count)| (*account, *count)).collect();
        self.context.lifecycle.tasks.spawn(async move {
            if let Err(error) = rates.received(&counts).await {
                tracing::debug!(%error, "the senders do not know what came in");
            }
        });
    }

    /// Stores what a batch says, in shares. For what is stored whoever has to answer is woken: should another share fail,
    /// this one comes again, and is known by then.
    async fn store(&self, reading: Reading<'_>) -> Result<(), StoreError> {
        let mut failed = None;
        for stored in self.store_shares(reading).await? {
            match stored {
                Ok(written) => {
                    self.count(&written);
                    self.tell(&written);
                    self.wake(&written).await;
                }
                // That PostgreSQL is away says more than what else went wrong.
                Err(error) if error.is_unavailable() => failed = Some(error),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Each share is a task of its own: what is laid out and sealed for one does not keep the other from being written.
    async fn store_shares(&self, reading: Reading<'_>) -> Result<Vec<Result<Written, StoreError>>, StoreError> {
        let pool = &self.context.pool;
        let (accounts, keys) = claiming::accounts(pool, &self.context.keyring, &reading).await?;
        let (owned, unclaimed) = claiming::claim(reading, accounts);
        failure::racing(|| claiming::keep(pool, &self.context.keyring, &unclaimed)).await?;
        for kept in &unclaimed {
            self.metrics.unclaimed.with_label_values(&[kept.reason.as_str()]).inc();
        }
        let mut writing = JoinSet::new();
        for share in sharing::share(owned) {
            let (writer, keys) = (Arc::clone(&self.writer), keys.clone());
            writing.spawn(async move { writer.write_in_turn(&keys, share).await });
        }
        let mut shares = Vec::new();
        while let Some(ended) = writing.join_next().await {
            match ended {
                Ok(share) => shares.push(share),
                // What is not stored must not be acknowledged: a task that ends otherwise does not end well either.
                Err(error) => panic::resume_unwind(error.into_panic()),
            }
        }
        Ok(shares)
    }

    /// A wake that is lost here is found by the janitor: what it is about is committed.
    async fn wake(&self, written: &Written) {
        let publisher = self.context.publisher();
        let flow = written.unread.iter().map(|id| WakeConversation { conversation_id: *id });
        if let Err(error) = publisher.wake(Queue::Flow, flow).await {
            tracing::warn!(%error, "the flow engine was not woken");
        }
        let outbound = written.to_send.iter().map(|id| WakeAccount { account_id: *id });
        if let Err(error) = publisher.wake(Queue::Outbound, outbound).await {
            tracing::warn!(%error, "the sender was not woken");
        }
        let media = written.to_fetch.iter().map(|id| WakeAccount { account_id: *id });
        if let Err(error) = publisher.wake(Queue::Media, media).await {
            tracing::warn!(%error, "the fetcher of files was not woken");
        }
    }

    fn count(&self, written: &Written) {
        self.metrics.messages.with_label_values(&["stored"]).inc_by(written.stored as u64);
        self.metrics.messages.with_label_values(&["known"]).inc_by(written.known as u64);
        self.metrics.merged.inc_by(written.merged as u64);
        self.metrics.withdrawals.inc_by(written.withdrawals as u64);
    }
}

/// What a share is written with.
struct Writer {
    pool: PgPool,
    keyring: Keyring,
    recent: Recent,
    turns: Turns,
}

impl Writer {
    async fn write_in_turn(&self, keys: &Keys, share: Share) -> Result<Written, StoreError> {
        let sealed = telling::seal(keys, share.messages)?;
        let _turn = self.turns.of(share.people).await;
        failure::racing(|| self.write(keys, &sealed)).await
    }

    async fn write(&self, keys: &Keys, share: &[Sealed]) -> Result<Written, StoreError> {
        let mut guesses = self.recent.guesses();
        match self.transact(keys, &mut guesses, share).await {
            Ok(mut written) => {
                self.recent.contacts.remember(written.settled.drain(..));
                self.recent.conversations.remember(written.open.drain(..));
                Ok(written)
            }
            Err(error) => {
                guesses.forget();
                Err(error)
            }
        }
    }

    async fn transact(&self, keys: &Keys, guesses: &mut Guesses<'_>, share: &[Sealed]) -> Result<Written, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let written = writing::write(&mut transaction, &self.keyring, keys, guesses, share).await?;
        transaction.commit().await?;
        Ok(written)
    }
}

impl Worker for Persist {
    const NAME: &'static str = "persist";
    const QUEUE: Queue = Queue::Persist;
    type Task = RawEvent;

    async fn handle(&self, batch: &[RawEvent]) -> Result<(), Failure> {
        let began = clock::now();
        self.store(reading::read(batch)).await.map_err(failure::of_store)?;
        for event in batch {
            self.metrics.age.observe(event.head.received_at);
            handled::tell(&event.head, began, "store", "stored");
        }
        Ok(())
    }

    async fn probe(&self) -> bool {
        pool::ping(&self.context.pool).await.is_ok()
    }
}
