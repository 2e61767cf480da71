//! Sessions that are long over, and the refresh tokens of them.

use chrono::TimeDelta;
use shared::domain::clock;
use shared::store::{StoreError, sessions};

use super::sweep::RoundError;
use crate::context::Context;

/// A token of a session that ended is still told from one that never was.
const KEPT: TimeDelta = TimeDelta::days(7);
/// Rows handled in one statement.
const MOST: i64 = 1_000;

/// Forgets them.
pub async fn forget(context: &Context) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    while sessions::forget_ended(&mut conn, clock::now() - KEPT, MOST).await? > 0 {}
    Ok(())
}
