use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::ApiKeyId;
use shared::domain::permission::Action;
use shared::store::api_keys as store;

use super::view::ApiKeyView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

/// `GET /api-keys/{id}`: one key, without its secret.
#[utoipa::path(get, path = "/api-keys/{id}", tag = "apiKeys", responses(Data<ApiKeyView>))]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::KeysManage)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let key = store::get(&mut transaction, caller.merchant_id, ApiKeyId(id)).await?;
    Ok(Data(ApiKeyView::from(key.ok_or(ApiError::NotFound("API key"))?)))
}
