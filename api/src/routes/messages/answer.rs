//! The answer to whoever sent something.

use shared::broker::Queue;
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, MerchantId, MessageId};
use shared::events::wake::WakeAccount;
use shared::store::StoreError;
use shared::store::messages::history::{self, Message};

use super::outcome;
use super::queueing::Queued;
use super::view::SentView;
use crate::error::ApiError;
use crate::state::AppState;

/// Wakes the sender, waits a little for what becomes of `queued`, and shows it. It is queued and will go: whatever
/// fails from here on, an answer that fails would have it sent twice.
pub(in crate::routes) async fn sent(
    state: &AppState,
    merchant: MerchantId,
    channel: Channel,
    queued: Queued,
) -> Result<SentView, ApiError> {
    wake(state, queued.account_id).await;
    // They leave one after another: the last tells of them all.
    if let Some(last) = queued.messages.last()
        && let Err(error) = outcome::wait(state, merchant, last.id).await
    {
        tracing::warn!(%error, message_id = %last.id, "the outcome of a send was not seen");
    }
    let messages = match look(state, merchant, &queued).await {
        Ok(seen) if seen.len() == queued.messages.len() => seen,
        Ok(_) => queued.messages,
        Err(error) => {
            tracing::warn!(%error, conversation_id = %queued.conversation_id, "a send was answered unseen");
            queued.messages
        }
    };
    SentView::new(messages, channel).ok_or(ApiError::NotFound("message"))
}

async fn look(state: &AppState, merchant: MerchantId, queued: &Queued) -> Result<Vec<Message>, StoreError> {
    let ids: Vec<MessageId> = queued.messages.iter().map(|message| message.id).collect();
    let mut transaction = state.begin(merchant).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    history::of_ids(&mut transaction, &keys, merchant, queued.conversation_id, &ids).await
}

/// A wake-up that is lost is found by the janitor's sweep: the message goes either way.
pub(super) async fn wake(state: &AppState, account_id: AccountId) {
    if let Err(error) = state.publisher.wake(Queue::Outbound, [WakeAccount { account_id }]).await {
        tracing::warn!(%error, account_id = %account_id, "the sender was not woken");
    }
}
