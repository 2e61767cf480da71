//! Sends of which nobody knows whether they went: settled by a status, sent again where none is to be
//! expected any more, or left to a person.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::broker::Queue;
use shared::domain::ids::AccountId;
use shared::events::wake::WakeAccount;
use shared::store::doubts::{self, Grace};
use shared::store::{StoreError, holds};

use super::metrics::Metrics;
use super::sweep::RoundError;
use crate::context::Context;

/// Statuses come within seconds; two minutes without one, while others came, mean that there is none.
pub const GRACE: Grace = Grace { before_resending: Duration::from_mins(2), before_asking: Duration::from_mins(30) };
/// Rows handled in one round.
const MOST: i64 = 500;

/// Settles what can be. Any number of janitors may do it at once: each row is one's alone.
pub async fn settle(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    settle_with(context, metrics, GRACE).await
}

/// The same, with other times.
pub async fn settle_with(context: &Context, metrics: &Metrics, grace: Grace) -> Result<(), RoundError> {
    let mut transaction = context.pool.begin().await.map_err(StoreError::from)?;
    doubts::forget_settled(&mut transaction, MOST).await?;
    let again = doubts::resend_missing(&mut transaction, grace, MOST).await?;
    let asked = doubts::ask_for_a_person(&mut transaction, grace, MOST).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    metrics.doubts_settled.with_label_values(&["sent_again"]).inc_by(again.len() as u64);
    metrics.doubts_settled.with_label_values(&["left_to_a_person"]).inc_by(asked);
    if asked > 0 {
        tracing::warn!(messages = asked, "nobody knows whether these went: `api doubts list` shows them");
    }
    let accounts: BTreeSet<AccountId> = again.into_iter().collect();
    let wakes = accounts.into_iter().map(|account_id| WakeAccount { account_id });
    context.publisher().wake(Queue::Outbound, wakes).await?;
    Ok(())
}

/// Counts doubts and holds, and forgets holds that ended long ago.
pub async fn look(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    holds::forget_old(&mut conn).await?;
    let (open, for_a_person) = doubts::counts(&mut conn).await?;
    metrics.doubts.with_label_values(&["open"]).set(open);
    metrics.doubts.with_label_values(&["for_a_person"]).set(for_a_person);
    let counts = holds::counts(&mut conn).await?;
    metrics.holds.reset();
    for (scope, count) in counts {
        metrics.holds.with_label_values(&[scope.as_str()]).set(count);
    }
    Ok(())
}
