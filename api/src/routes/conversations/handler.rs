use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::conversation::Handler;
use shared::domain::permission::Action;
use shared::store::conversations::handling;
use utoipa::ToSchema;

use super::change;
use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// Who answers in a conversation from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = HandOver)]
pub(super) struct HandlerBody {
    /// `bot`, `ai` or `human`.
    handler: Handler,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `PUT /conversations/{id}/handler`: hands a conversation to the bot, the AI or a person. Whose it is stays.
#[utoipa::path(
    method(post, put),
    path = "/conversations/{id}/handler",
    tag = "conversations",
    request_body = HandlerBody,
    responses(Data<ConversationView>)
)]
pub async fn hand_over(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsManage)?;
    let body: HandlerBody = body.read()?;
    let mut changing = change::lock(&state, &caller, door, id).await?;
    let before = changing.before.handler;
    if before != body.handler {
        let id = changing.before.id;
        handling::hand_over(&mut changing.transaction, caller.merchant_id, id, body.handler).await?;
        let (before, after) = (json!({ "handler": before }), json!({ "handler": body.handler }));
        changing.record(&caller, "conversation.handed_over", before, after).await?;
    }
    changing.show(&state, &caller, door).await
}
