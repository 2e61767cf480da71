use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::broker::Queue;
use shared::domain::ids::{AccountId, ConversationId};
use shared::domain::permission::Action;
use shared::events::wake::WakeAccount;
use shared::store::StoreError;
use shared::store::conversations::{read, read_marks};
use utoipa::ToSchema;

use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = MarkRead)]
struct Body {
    /// Whether the customer sees that an answer is being written.
    #[serde(default)]
    typing: bool,
    /// Taken everywhere; the conversation says which shop it is.
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /conversations/{id}/read`: nothing in it is unread any more, and the customer is shown so where
/// the platform can.
#[utoipa::path(
    post,
    path = "/conversations/{id}/read",
    tag = "conversations",
    request_body = Option<Body>,
    responses(Data<ConversationView>)
)]
pub async fn mark_read(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    body: Option<Json>,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let body: Body = body.map(Json::read).transpose()?.unwrap_or_default();
    let (id, merchant) = (ConversationId(id), caller.merchant_id);
    let mut transaction = state.begin(merchant).await?;
    let account = read_marks::read(&mut transaction, merchant, door.channel, id).await?;
    let account = account.ok_or(ApiError::NotFound("conversation"))?;
    let is_asked = read_marks::ask(&mut transaction, merchant, id, body.typing).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let conversation = read::get(&mut transaction, &keys, merchant, door.channel, id).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    if is_asked {
        wake(&state, account).await;
    }
    Ok(Data(ConversationView::from(conversation.ok_or(ApiError::NotFound("conversation"))?)))
}

/// A wake-up that is lost is found by the janitor's sweep.
async fn wake(state: &AppState, account_id: AccountId) {
    if let Err(error) = state.publisher.wake(Queue::Outbound, [WakeAccount { account_id }]).await {
        tracing::warn!(%error, account_id = %account_id, "the sender was not woken");
    }
}
