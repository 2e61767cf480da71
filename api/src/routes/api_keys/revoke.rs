use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::ApiKeyId;
use shared::domain::permission::Action;
use shared::store::audit::{self, Entry};
use shared::store::{StoreError, api_keys as store};

use super::view::ApiKeyView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// `DELETE /api-keys/{id}`: revokes a key. It stays in the list; again is no harm.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "apiKeys", responses(Data<ApiKeyView>))]
pub async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::KeysManage)?;
    let (id, merchant, now) = (ApiKeyId(id), caller.merchant_id, clock::now());
    let mut transaction = state.begin(merchant).await?;
    let is_revoked = store::revoke(&mut transaction, merchant, id, now).await?;
    let key = store::get(&mut transaction, merchant, id).await?.ok_or(ApiError::NotFound("API key"))?;
    if is_revoked {
        let entry = Entry {
            merchant_id: merchant,
            actor: caller.actor(),
            action: "api_key.revoked",
            entity: "api_key",
            entity_id: id.0,
            before: Some(json!({ "name": key.name, "role": key.role })),
            after: None,
            at: now,
        };
        audit::record(&mut transaction, &entry).await?;
    }
    transaction.commit().await.map_err(StoreError::Sql)?;
    state.standings.forget_key(id);
    Ok(Data(ApiKeyView::from(key)))
}
