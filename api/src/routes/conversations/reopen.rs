use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::domain::permission::Action;
use shared::store::conversations::handling;

use super::change;
use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// `POST /conversations/{id}/reopen`: opens a closed conversation again. A contact has one open conversation on an
/// account at most: where another is open this is 409.
#[utoipa::path(
    post,
    path = "/conversations/{id}/reopen",
    tag = "conversations",
    responses(Data<ConversationView>)
)]
pub async fn reopen(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsManage)?;
    let mut changing = change::lock(&state, &caller, door, id).await?;
    if !changing.before.open {
        let id = changing.before.id;
        if !handling::reopen(&mut changing.transaction, caller.merchant_id, id).await? {
            return Err(ApiError::Conflict(
                "the contact has another open conversation on this account: close that one first".to_owned(),
            ));
        }
        let before = json!({ "status": "closed", "reason": changing.before.close_reason });
        changing.record(&caller, "conversation.reopened", before, json!({ "status": "open" })).await?;
    }
    changing.show(&state, &caller, door).await
}
