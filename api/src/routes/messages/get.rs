use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::MessageId;
use shared::domain::permission::Action;
use shared::store::messages::{history, search};

use super::view::MessageView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

/// `GET /messages/{id}`: one message, and what has become of it by now.
#[utoipa::path(get, path = "/messages/{id}", tag = "messages", responses(Data<MessageView>))]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsRead)?;
    params.finish()?;
    let (merchant, id) = (caller.merchant_id, MessageId(id));
    let mut transaction = state.begin(merchant).await?;
    let place = search::place(&mut transaction, merchant, door.channel, id).await?;
    let place = place.ok_or(ApiError::NotFound("message"))?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let found = history::of_ids(&mut transaction, &keys, merchant, place.conversation_id, &[id]).await?;
    let message = found.into_iter().next().ok_or(ApiError::NotFound("message"))?;
    Ok(Data(MessageView::new(message, door.channel)))
}
