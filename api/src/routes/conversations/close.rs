use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
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

const LONGEST_REASON: usize = 200;

/// Why a conversation is closed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Close)]
pub(super) struct CloseBody {
    reason: Option<String>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST` and `PUT /conversations/{id}/close`: closes a conversation; what the customer writes next opens another. One
/// that is closed stays as it is, with its reason.
#[utoipa::path(
    method(post, put),
    path = "/conversations/{id}/close",
    tag = "conversations",
    request_body = Option<CloseBody>,
    responses(Data<ConversationView>)
)]
pub async fn close(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    body: Option<Json>,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsManage)?;
    let body: CloseBody = body.map(Json::read).transpose()?.unwrap_or_default();
    let is_reason = |reason: &String| {
        (1..=LONGEST_REASON).contains(&reason.chars().count()) && !reason.chars().any(char::is_control)
    };
    if body.reason.as_ref().is_some_and(|reason| !is_reason(reason)) {
        return Err(ApiError::invalid("reason", format!("must hold 1 to {LONGEST_REASON} characters")));
    }
    let mut changing = change::lock(&state, &caller, door, id).await?;
    if changing.before.open {
        let (conn, id, reason) = (&mut changing.transaction, changing.before.id, body.reason.as_deref());
        handling::close(conn, caller.merchant_id, id, reason).await?;
        let after = json!({ "status": "closed", "reason": reason });
        changing.record(&caller, "conversation.closed", json!({ "status": "open" }), after).await?;
    }
    changing.show(&state, &caller, door).await
}
