//! Unclaimed events whose account has been connected since, or that an operator gives back, go the way of all
//! events once more.

use shared::domain::ids::EventId;
use shared::store::StoreError;
use shared::store::unclaimed::keep;

use super::metrics::Metrics;
use super::sweep::RoundError;
use crate::context::Context;

/// Events given back in one round.
const MOST: i64 = 200;

/// Publishes such events again, and forgets them once the broker has them. A crash in between, or
/// a second janitor at it, publishes them twice, which stores them once.
pub async fn give_back(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    let events = keep::give_back(&mut conn, &context.keyring, MOST).await?;
    drop(conn);
    if events.is_empty() {
        return Ok(());
    }
    for event in &events {
        context.publisher().publish_event(event).await?;
    }
    let ids: Vec<EventId> = events.iter().map(|event| event.head.id).collect();
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    metrics.claimed.inc_by(keep::forget(&mut conn, &ids).await?);
    Ok(())
}
