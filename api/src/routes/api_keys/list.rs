use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::ApiKeyId;
use shared::domain::permission::Action;
use shared::store::api_keys as store;

use super::view::ApiKeyView;
use crate::auth::Caller;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// `GET /api-keys`: the merchant's keys, the latest first, the revoked ones too.
#[utoipa::path(get, path = "/api-keys", tag = "apiKeys", params(PageParams), responses(Paged<ApiKeyView>))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::KeysManage)?;
    let page: Page<ApiKeyId> = Page::read(&mut params);
    params.finish()?;

    let mut transaction = state.begin(caller.merchant_id).await?;
    let total = store::count(&mut transaction, caller.merchant_id).await?;
    let found = store::list(&mut transaction, caller.merchant_id, page.cursor, page.skip, page.probe()).await?;
    drop(transaction);

    let (keys, pagination) = page.cut(found, total, |key| key.id)?;
    Ok(Paged(keys.into_iter().map(ApiKeyView::from).collect(), pagination))
}
