//! What a crash or a lost wake left behind in the work tables.

use std::time::Duration;

use shared::broker::{PublishError, Queue, TakeError};
use shared::events::wake::WakeAccount;
use shared::store::{StoreError, idempotency, outbox};

use super::metrics::Metrics;
use crate::context::Context;

/// Work that nobody took up for this long has lost its wake.
const LOST_SINCE: Duration = Duration::from_secs(20);
/// Rows handled in one round.
const MOST: i64 = 1_000;

/// Why a round failed; the next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// PostgreSQL.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// RabbitMQ.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// RabbitMQ, which has something for us.
    #[error(transparent)]
    Take(#[from] TakeError),
}

/// Puts in doubt what a dead sender left, and wakes senders for what is due and forgotten.
pub async fn outbox(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut transaction = context.pool.begin().await.map_err(StoreError::from)?;
    metrics.doubted.inc_by(outbox::doubt_abandoned(&mut transaction, MOST).await?);
    let forgotten = outbox::forgotten(&mut transaction, LOST_SINCE).await?;
    transaction.commit().await.map_err(StoreError::from)?;

    let lost = forgotten.iter().filter(|(_, lost)| *lost).count();
    metrics.lost_wakes.with_label_values(&[Queue::Outbound.name()]).inc_by(lost as u64);
    let wakes = forgotten.into_iter().map(|(account_id, _)| WakeAccount { account_id });
    context.publisher().wake(Queue::Outbound, wakes).await?;
    Ok(())
}

/// Forgets idempotency keys that hold no more, a share at a time.
pub async fn idempotency_keys(context: &Context) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    while idempotency::sweep(&mut conn, MOST).await? == MOST.unsigned_abs() {}
    Ok(())
}
