use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::MessageId;
use shared::domain::permission::Action;
use shared::domain::status::MessageStatus;
use shared::store::audit::{self, Entry};
use shared::store::conversations::answer as store;
use shared::store::messages::history::{self, Message};
use shared::store::messages::queue::PRIORITY_REPLY;
use shared::store::messages::search;
use shared::store::{StoreError, Transaction, outbox};

use super::answer;
use super::queueing::{self, Outgoing, Queued};
use super::view::SentView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// `POST /messages/{id}/retry`: a message that waits for later goes at once. One that failed is sent once more as a
/// message of its own, since a status only climbs; the answer is the new one.
#[utoipa::path(post, path = "/messages/{id}/retry", tag = "messages", responses(Data<SentView>))]
pub async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let (merchant, id) = (caller.merchant_id, MessageId(id));
    let mut transaction = state.begin(merchant).await?;
    let place = search::place(&mut transaction, merchant, door.channel, id).await?;
    let place = place.ok_or(ApiError::NotFound("message"))?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let found = history::of_ids(&mut transaction, &keys, merchant, place.conversation_id, &[id]).await?;
    let message = found.into_iter().next().ok_or(ApiError::NotFound("message"))?;
    let queued = match place.status {
        MessageStatus::Queued => sooner(&mut transaction, merchant, message).await?,
        MessageStatus::Failed => once_more(&mut transaction, &state, &caller, door, message).await?,
        MessageStatus::InDoubt => {
            let told = "nobody knows whether the message was sent: settle that first, or it may be sent twice";
            return Err(ApiError::Conflict(told.to_owned()));
        }
        other => return Err(ApiError::Conflict(format!("the message is {other}: there is nothing to send again"))),
    };
    let entry = Entry {
        merchant_id: merchant,
        actor: caller.actor(),
        action: "message.retried",
        entity: "message",
        entity_id: id.0,
        before: Some(json!({ "status": place.status })),
        after: Some(json!({ "sentAs": queued.messages.first().map(|message| message.id) })),
        at: clock::now(),
    };
    audit::record(&mut transaction, &entry).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(answer::sent(&state, merchant, door.channel, queued).await?))
}

async fn sooner(
    transaction: &mut Transaction,
    merchant: shared::domain::ids::MerchantId,
    message: Message,
) -> Result<Queued, ApiError> {
    let account_id = outbox::due_now(transaction, merchant, message.id).await?;
    let being_sent = || ApiError::Conflict("the message is being sent".to_owned());
    let account_id = account_id.ok_or_else(being_sent)?;
    Ok(Queued { account_id, conversation_id: message.conversation_id, messages: vec![message] })
}

async fn once_more(
    transaction: &mut Transaction,
    state: &AppState,
    caller: &Caller,
    door: Door,
    message: Message,
) -> Result<Queued, ApiError> {
    let to = store::lock(transaction, caller.merchant_id, door.channel, message.conversation_id).await?;
    let to = to.ok_or(ApiError::NotFound("conversation"))?;
    let erased = || ApiError::Conflict("what the message said was erased".to_owned());
    let contents = [message.content.ok_or_else(erased)?];
    // One that waits to be tried again by itself would go twice.
    outbox::cancel(transaction, caller.merchant_id, message.id).await?;
    let outgoing = Outgoing {
        channel: door.channel,
        to: &to,
        contents: &contents,
        reply_to: message.reply_to.as_deref(),
        reference: message.reference.as_deref(),
        author: caller.author(),
        priority: PRIORITY_REPLY,
        at: clock::now(),
    };
    queueing::queue(transaction, state, caller, &outgoing).await
}
