//! What the clock brings to flows: waits that are over, sessions that nobody moves, work whose wake got lost, figures.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::broker::Queue;
use shared::domain::ids::ConversationId;
use shared::events::wake::WakeConversation;
use shared::store::flows::{events, figures, rounds, sessions, waits};
use shared::store::{StoreError, inbox};

use super::metrics::Metrics;
use super::sweep::RoundError;
use crate::context::Context;

/// Waits that are fired by one transaction.
const FIRED: i64 = 500;
/// Of a crowd of waits that are due at once, so many lots go in one round.
const MOST_LOTS: usize = 40;
/// Work that nobody took up for this long has lost its wake.
const LOST_SINCE: Duration = Duration::from_secs(20);
/// Conversations woken in one round.
const MOST: i64 = 1_000;
/// Figures folded by one transaction, and transactions of a round.
const FOLDED: i64 = 10_000;
const TIMES: usize = 20;
/// For so many days an author sees what broke.
const FAILURES_KEPT: i32 = 30;
/// A customer who has not written for so many days is not reminded any more: no round looks back so far.
const REMINDERS_KEPT: i32 = 90;

/// Tells sessions that what they waited for is there, and wakes their conversations. Whoever dies between the commit
/// and the wake leaves an event that the sweep finds.
pub async fn fire_waits(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    for _ in 0..MOST_LOTS {
        let mut transaction = context.pool.begin().await.map_err(StoreError::from)?;
        let fired = waits::fire(&mut transaction, &context.keyring, FIRED).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        for late in &fired.late {
            metrics.waits_late.observe(late.as_secs_f64());
        }
        let is_last = fired.late.len() < usize::try_from(FIRED).unwrap_or(usize::MAX);
        wake(context, fired.conversations).await?;
        if is_last {
            break;
        }
    }
    Ok(())
}

/// Wakes the flow engine for what it was never told to read or to hear, and for sessions that are over.
pub async fn sweep(context: &Context, metrics: &Metrics) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    let mut forgotten: BTreeSet<ConversationId> =
        inbox::forgotten(&mut conn, LOST_SINCE, MOST).await?.into_iter().collect();
    forgotten.extend(events::forgotten(&mut conn, LOST_SINCE, MOST).await?);
    let expired = sessions::expired(&mut conn, MOST).await?;
    drop(conn);
    metrics.lost_wakes.with_label_values(&[Queue::Flow.name()]).inc_by(forgotten.len() as u64);
    forgotten.extend(expired);
    wake(context, forgotten).await
}

/// Folds what turns left behind into the figures, and forgets old failures and reminders.
pub async fn fold(context: &Context) -> Result<(), RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    for _ in 0..TIMES {
        if figures::fold(&mut conn, FOLDED).await? < FOLDED.unsigned_abs() {
            break;
        }
    }
    figures::forget_failures(&mut conn, FAILURES_KEPT, MOST).await?;
    rounds::forget_reminders(&mut conn, REMINDERS_KEPT, MOST).await?;
    Ok(())
}

async fn wake(context: &Context, conversations: impl IntoIterator<Item = ConversationId>) -> Result<(), RoundError> {
    let wakes = conversations.into_iter().map(|conversation_id| WakeConversation { conversation_id });
    context.publisher().wake(Queue::Flow, wakes).await?;
    Ok(())
}
