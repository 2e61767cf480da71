//! Folds what statements left behind into the counts of conversations and contacts.

use shared::store::{StoreError, counts};

use super::sweep::RoundError;
use crate::context::Context;

/// At a time: a transaction that holds the rows of the counts no longer than a moment.
const MOST: i64 = 10_000;
/// What is more than this is left to the next round.
const TIMES: usize = 20;

/// Folds until nothing is left, or a round's worth is done.
pub async fn fold(context: &Context) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    for _ in 0..TIMES {
        if counts::fold(&mut conn, MOST).await? < MOST.unsigned_abs() {
            break;
        }
    }
    Ok(())
}
