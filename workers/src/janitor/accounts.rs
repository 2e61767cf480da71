//! What accounts leave behind, and their numbers: messages of those that were disconnected, counts of days gone by, how
//! many conversations the large ones have.

use std::time::Duration;

use chrono::TimeDelta;
use shared::domain::clock;
use shared::store::accounts::{statistics, usage};
use shared::store::{StoreError, outbox};

use super::sweep::RoundError;
use crate::context::Context;

/// Messages of one account that are cancelled in one round.
const MOST: i64 = 1_000;
/// Limits look a day back, and a zone's day begins up to 14 hours before ours.
const COUNTS_KEPT: TimeDelta = TimeDelta::days(3);

/// How old the numbers of a large account become.
const NUMBERS_AGE: Duration = Duration::from_mins(5);
/// Large accounts that are counted in one round.
const MOST_COUNTED: usize = 20;

/// Rows of months gone by that are folded in one round.
const MOST_FOLDED: i64 = 10_000;

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

/// Forgets how much was sent days ago, and makes one row of each month gone by.
pub async fn forget_counts(context: &Context) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    usage::forget(&mut conn, clock::now() - COUNTS_KEPT).await?;
    usage::fold_months(&mut conn, MOST_FOLDED).await?;
    Ok(())
}

/// Counts the conversations of large accounts anew.
pub async fn recount(context: &Context) -> Result<(), RoundError> {
    for _ in 0..MOST_COUNTED {
        let mut transaction = context.pool.begin().await.map_err(StoreError::from)?;
        let counted = statistics::recount(&mut transaction, NUMBERS_AGE).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        if !counted {
            break;
        }
    }
    Ok(())
}
