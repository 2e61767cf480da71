//! Dead letters move from the broker into their table, where an operator sees them, and back again.

use std::time::Duration;

use shared::broker::{Dead, PutBackError, Queue};
use shared::domain::clock;
use shared::store::dead_letters::{keep, put_back as marks, read};
use shared::store::{StoreError, pool};

use super::metrics::Metrics;
use super::sweep::RoundError;
use crate::context::Context;

/// Letters moved together.
const LOT: usize = 100;
/// Lots of one queue in one round, so that no queue keeps the others waiting.
const MOST_LOTS: usize = 20;
/// Letters put back in one round.
const MOST_BACK: i64 = 100;
/// A letter that nobody came for in so long is let go.
const KEPT_FOR: Duration = Duration::from_hours(90 * 24);
/// Letters let go in one round.
const MOST_PURGED: i64 = 500;

/// Moves what was parked into the table: the row is committed first, then the broker lets go of the message. A
/// crash in between moves it again, onto the same row.
pub async fn move_in(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    // From RabbitMQ 4 on, a message that is taken and not acknowledged twenty times is gone for good: without
    // PostgreSQL nothing is taken.
    pool::ping(&context.pool).await?;
    for queue in Queue::ALL.iter().copied() {
        for _ in 0..MOST_LOTS {
            let dead = context.broker.take_dead(queue, LOT).await?;
            let moved = dead.letters.len();
            store(context, &dead).await?;
            dead.acknowledge().await?;
            metrics.dead_letters_moved.with_label_values(&[queue.name()]).inc_by(moved as u64);
            if moved < LOT {
                break;
            }
        }
    }
    look_over(context, metrics).await
}

async fn store(context: &Context, dead: &Dead) -> Result<(), RoundError> {
    if dead.letters.is_empty() {
        return Ok(());
    }
    let mut transaction = context.pool.begin().await.map_err(StoreError::from)?;
    keep::keep(&mut transaction, &context.keyring, &dead.letters).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    for letter in &dead.letters {
        tracing::warn!(id = %letter.id, queue = letter.queue, reason = letter.reason, "kept a dead letter");
    }
    Ok(())
}

/// Lets go of what is too old, and counts the rest.
async fn look_over(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    let purged = keep::purge(&mut conn, clock::now() - KEPT_FOR, MOST_PURGED).await?;
    if purged > 0 {
        tracing::warn!(purged, "let go of dead letters that nobody came for");
    }
    let counts = read::count(&mut conn).await?;
    for queue in Queue::ALL {
        let count = counts.iter().find(|(name, _)| name == queue.name()).map_or(0, |(_, count)| *count);
        metrics.dead_letters.with_label_values(&[queue.name()]).set(count);
    }
    Ok(())
}

/// Publishes the letters that an operator has marked, and takes their rows away once the broker has them.
pub async fn put_back(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    let marked = marks::marked(&mut conn, &context.keyring, MOST_BACK).await?;
    drop(conn);
    if marked.is_empty() {
        return Ok(());
    }
    let (mut back, mut homeless, mut failure) = (Vec::new(), Vec::new(), None);
    for one in marked {
        match context.publisher().put_back(&one.letter).await {
            Ok(()) => back.push(one),
            Err(PutBackError::NoQueue(_)) => homeless.push(one),
            Err(PutBackError::Publish(error)) => {
                failure = Some(error);
                break;
            }
        }
    }
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    marks::done(&mut conn, &back).await?;
    // They would stand in the way of the others for ever.
    marks::unmark(&mut conn, &homeless, "cannot be put back: its queue is gone").await?;
    for one in &back {
        metrics.dead_letters_put_back.with_label_values(&[one.letter.queue.as_str()]).inc();
    }
    failure.map_or(Ok(()), |error| Err(error.into()))
}
