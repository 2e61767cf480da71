//! What a change of a contact is told to flows that listen to it.

use shared::broker::Queue;
use shared::domain::ids::{ContactId, ConversationId};
use shared::events::wake::WakeConversation;
use shared::flow::event::Happening;
use shared::store::PgConnection;
use shared::store::flows::happenings;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// Tells flows what happened to a contact, in the transaction that changes it; gives the conversations to wake afterwards.
pub(super) async fn tell(
    conn: &mut PgConnection,
    state: &AppState,
    caller: &Caller,
    contact: ContactId,
    happened: &[Happening],
) -> Result<Vec<ConversationId>, ApiError> {
    Ok(happenings::tell(conn, &state.keyring, caller.merchant_id, contact, happened).await?)
}

/// Wakes the flow engine. A wake-up that is lost is found by the janitor's sweep.
pub(super) async fn wake(state: &AppState, told: Vec<ConversationId>) {
    let wakes = told.into_iter().map(|conversation_id| WakeConversation { conversation_id });
    if let Err(error) = state.publisher.wake(Queue::Flow, wakes).await {
        tracing::warn!(%error, "the flow engine was not woken: the janitor will");
    }
}
