//! What a crash or a lost wake left behind of work on files.

use std::time::Duration;

use shared::broker::Queue;
use shared::events::wake::WakeAccount;
use shared::store::StoreError;
use shared::store::media::{jobs, sweep, uploads};

use super::metrics::Metrics;
use super::sweep::RoundError;
use crate::context::Context;

/// Work that nobody took up for this long has lost its wake.
const LOST_SINCE: Duration = Duration::from_secs(20);
/// Uploads that have ended are remembered this long: a message that was refused because of one is not sent again
/// and again.
const ENDED_SINCE: Duration = Duration::from_hours(24);
/// A message that has left the outbox waits for nothing.
const LEFT_SINCE: Duration = Duration::from_hours(1);
/// Rows handled in one round.
const MOST: i64 = 1_000;

/// Wakes fetchers for what is due and forgotten, gives up what its source has forgotten, and forgets uploads
/// that have ended.
pub async fn sweep(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    let given_up = sweep::give_up(&mut conn, MOST).await?;
    uploads::delete_ended(&mut conn, ENDED_SINCE, MOST).await?;
    sweep::forget_waits(&mut conn, LEFT_SINCE, MOST).await?;
    let forgotten = sweep::forgotten(&mut conn, LOST_SINCE).await?;
    for (kind, count) in jobs::waiting(&mut conn).await? {
        metrics.media_waiting.with_label_values(&[kind.as_str()]).set(count);
    }
    drop(conn);
    if given_up > 0 {
        tracing::warn!(given_up, "files were not fetched before their source forgot them");
    }
    let lost = forgotten.iter().filter(|(_, lost)| *lost).count();
    metrics.lost_wakes.with_label_values(&[Queue::Media.name()]).inc_by(lost as u64);
    let wakes = forgotten.into_iter().map(|(account_id, _)| WakeAccount { account_id });
    context.publisher().wake(Queue::Media, wakes).await?;
    Ok(())
}
