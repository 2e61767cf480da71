//! What operators and the autoscaler look at, and no other process can say: what lies in the queues, what is due in the
//! work tables, how the accounts stand.
//!
//! Every janitor shows the same figures: of several take the largest, never the sum.

use shared::broker::Queue;
use shared::store::accounts::standing;
use shared::store::{StoreError, due};

use super::metrics::Metrics;
use super::sweep::RoundError;
use crate::context::Context;

/// Looks at what is due in the work tables.
pub async fn due(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    let found = [
        (Queue::Flow, due::inbox(&mut conn).await?),
        (Queue::Outbound, due::outbox(&mut conn).await?),
        (Queue::Media, due::media_jobs(&mut conn).await?),
    ];
    drop(conn);
    for (queue, due) in found {
        metrics.due.with_label_values(&[queue.name()]).set(due.rows);
        metrics.due_age.with_label_values(&[queue.name()]).set(due.age);
    }
    Ok(())
}

/// Looks at what lies in the queues.
pub async fn queues(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    for (queue, messages) in context.broker.depths().await? {
        metrics.queued.with_label_values(&[queue.name()]).set(i64::from(messages));
    }
    Ok(())
}

/// Counts the connected accounts.
pub async fn accounts(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    let counts = standing::counts(&mut conn).await?;
    drop(conn);
    metrics.accounts.reset();
    for count in counts {
        let labels = [count.channel.as_str(), count.status.as_str(), quality(count.quality.as_deref())];
        metrics.accounts.with_label_values(&labels).add(count.accounts);
    }
    Ok(())
}

/// Looks at how much of the messaging limits is used.
pub async fn limits(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    metrics.limit_used.set(standing::limit_used(&mut conn).await?);
    Ok(())
}

/// The platform's word, of which there may be more one day.
fn quality(word: Option<&str>) -> &'static str {
    match word {
        Some("GREEN") => "green",
        Some("YELLOW") => "yellow",
        Some("RED") => "red",
        _ => "unknown",
    }
}
