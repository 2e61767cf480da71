use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::clock;
use shared::domain::ids::{ConversationId, MerchantId};
use shared::domain::message::Content;
use shared::domain::permission::Action;
use shared::store::conversations::answer as store;
use shared::store::messages::find;
use shared::store::messages::queue::PRIORITY_REPLY;
use shared::store::{StoreError, Transaction};

use super::answer;
use super::queueing::{self, Outgoing, Queued};
use super::request::{self, Body, SendRequest};
use super::view::SentView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// `POST /conversations/{id}/messages`: queues a message, or several where it has several files, and waits a
/// little for what becomes of them.
/// Where a person writes, the conversation is a person's from here on: flows and the AI keep silent in it. An
/// integration with its key takes nothing over.
#[utoipa::path(
    post,
    path = "/conversations/{id}/messages",
    tag = "messages",
    request_body = Body,
    responses(Data<SentView>)
)]
pub async fn send(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let request = request::read(door.channel, body)?;
    let queued = queue(&state, &caller, door, ConversationId(id), request).await?;
    Ok(Data(answer::sent(&state, caller.merchant_id, door.channel, queued).await?))
}

pub(super) async fn queue(
    state: &AppState,
    caller: &Caller,
    door: Door,
    conversation: ConversationId,
    mut request: SendRequest,
) -> Result<Queued, ApiError> {
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let to = store::lock(&mut transaction, merchant, door.channel, conversation).await?;
    let to = to.ok_or(ApiError::NotFound("conversation"))?;
    let reply_to = reply_to(&mut transaction, merchant, to.id, &request).await?;
    name_reacted_to(&mut transaction, merchant, to.id, &mut request).await?;
    let outgoing = Outgoing {
        channel: door.channel,
        to: &to,
        contents: &request.contents,
        reply_to: reply_to.as_deref(),
        reference: request.reference.as_deref(),
        author: caller.author(),
        priority: PRIORITY_REPLY,
        at: clock::now(),
    };
    let queued = queueing::queue(&mut transaction, state, caller, &outgoing).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(queued)
}

/// A reaction names its message by our id or the platform's; the platform knows its own alone.
async fn name_reacted_to(
    transaction: &mut Transaction,
    merchant: MerchantId,
    conversation: ConversationId,
    request: &mut SendRequest,
) -> Result<(), ApiError> {
    let Some(Content::Reaction { message_id, .. }) = request.contents.first_mut() else {
        return Ok(());
    };
    let found = find::platform_id(transaction, merchant, conversation, message_id).await?;
    let unknown =
        || ApiError::invalid("reaction.messageId", "names no message of this conversation that the platform knows");
    *message_id = found.ok_or_else(unknown)?;
    Ok(())
}

async fn reply_to(
    transaction: &mut Transaction,
    merchant: MerchantId,
    conversation: ConversationId,
    request: &SendRequest,
) -> Result<Option<String>, ApiError> {
    let Some(given) = &request.reply_to else {
        return Ok(None);
    };
    let found = find::platform_id(transaction, merchant, conversation, given).await?;
    let unknown = || ApiError::invalid("replyTo", "names no message of this conversation that the platform knows");
    found.map(Some).ok_or_else(unknown)
}
