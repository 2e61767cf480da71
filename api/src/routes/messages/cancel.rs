use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::MessageId;
use shared::domain::permission::Action;
use shared::store::audit::{self, Entry};
use shared::store::messages::{history, search};
use shared::store::{StoreError, outbox};

use super::view::MessageView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// `POST /messages/{id}/cancel`: takes back a message that waits to be sent. One that a sender holds already may go.
#[utoipa::path(post, path = "/messages/{id}/cancel", tag = "messages", responses(Data<MessageView>))]
pub async fn cancel(
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
    if !outbox::cancel(&mut transaction, merchant, id).await? {
        let told = format!("the message does not wait to be sent any more: it is {}", place.status);
        return Err(ApiError::Conflict(told));
    }
    let entry = Entry {
        merchant_id: merchant,
        actor: caller.actor(),
        action: "message.cancelled",
        entity: "message",
        entity_id: id.0,
        before: Some(json!({ "status": place.status })),
        after: Some(json!({ "status": "cancelled" })),
        at: clock::now(),
    };
    audit::record(&mut transaction, &entry).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let found = history::of_ids(&mut transaction, &keys, merchant, place.conversation_id, &[id]).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    let message = found.into_iter().next().ok_or(ApiError::NotFound("message"))?;
    Ok(Data(MessageView::new(message, door.channel)))
}
