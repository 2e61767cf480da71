//! Partitions of messages, made long before their month begins.

use shared::store::{StoreError, partitions};

use super::sweep::RoundError;
use crate::context::Context;

/// Months ahead of the present one.
const AHEAD: i32 = 3;

/// Makes the partitions that are missing.
pub async fn make_ahead(context: &Context) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    for partition in partitions::ensure(&mut conn, AHEAD).await? {
        tracing::info!(partition, "made a partition");
    }
    Ok(())
}
