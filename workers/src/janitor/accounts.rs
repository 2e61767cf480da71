//! What accounts leave behind: messages of those that were disconnected, counts of days gone by.

use chrono::TimeDelta;
use shared::domain::clock;
use shared::store::accounts::usage;
use shared::store::{StoreError, outbox};

use super::sweep::RoundError;
use crate::context::Context;

/// Messages of one account that are cancelled in one round.
const MOST: i64 = 1_000;
/// Limits look a day back, and a zone's day begins up to 14 hours before ours.
const COUNTS_KEPT: TimeDelta = TimeDelta::days(3);

/// Cancels what still waits to be sent from accounts that were disconnected.
pub async fn cancel_left(context: &Context) -> Result<(), RoundError> {
    let mut transaction = context.pool.begin().await.map_err(StoreError::from)?;
    let cancelled = outbox::cancel_of_disconnected(&mut transaction, MOST).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    if cancelled > 0 {
        tracing::info!(cancelled, "cancelled messages of disconnected accounts");
    }
    Ok(())
}

/// Forgets how much was sent days ago.
pub async fn forget_counts(context: &Context) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    usage::forget(&mut conn, clock::now() - COUNTS_KEPT).await?;
    Ok(())
}
