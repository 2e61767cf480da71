//! Marks as read that a crash or a lost wake left behind.

use std::time::Duration;

use shared::broker::Queue;
use shared::events::wake::WakeAccount;
use shared::store::StoreError;
use shared::store::conversations::read_marks;

use super::metrics::Metrics;
use super::sweep::RoundError;
use crate::context::Context;

/// A mark that nobody took up for this long has lost its wake.
const LOST_SINCE: Duration = Duration::from_secs(20);

/// Gives up marks that are past help, and wakes senders for those that are due and forgotten.
pub async fn sweep(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    let given_up = read_marks::give_up(&mut conn).await?;
    let forgotten = read_marks::forgotten(&mut conn, LOST_SINCE).await?;
    drop(conn);
    if given_up > 0 {
        tracing::info!(given_up, "gave up marks as read");
    }
    let lost = forgotten.iter().filter(|(_, lost)| *lost).count();
    metrics.lost_wakes.with_label_values(&[Queue::Outbound.name()]).inc_by(lost as u64);
    let wakes = forgotten.into_iter().map(|(account_id, _)| WakeAccount { account_id });
    context.publisher().wake(Queue::Outbound, wakes).await?;
    Ok(())
}
