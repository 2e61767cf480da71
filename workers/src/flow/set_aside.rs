//! A conversation whose rows do not read: a person has it, and flows go on with the others.

use shared::domain::ids::ConversationId;
use shared::store::flows::threads;
use shared::store::{StoreError, inbox};

use crate::context::Context;

/// Gives the conversation to a person and takes away what flows were to read of it: nothing of that is lost, the messages
/// stand in the thread.
pub(super) async fn set_aside(
    context: &Context,
    conversation: ConversationId,
    error: &StoreError,
) -> Result<(), StoreError> {
    tracing::error!(conversation.id = %conversation, %error, "a conversation does not read: a person has it");
    let mut transaction = context.pool.begin().await?;
    threads::give_up(&mut transaction, conversation).await?;
    inbox::forget_all_of(&mut transaction, conversation).await?;
    transaction.commit().await?;
    Ok(())
}
