use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::ShopId;
use shared::domain::permission::Action;
use shared::store::shops as store;

use super::ShopView;
use crate::auth::Caller;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// `GET /shops`: the merchant's shops, oldest first.
#[utoipa::path(get, path = "/shops", tag = "shops", params(PageParams), responses(Paged<ShopView>))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsRead)?;
    let page: Page<ShopId> = Page::read(&mut params);
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let total = store::count(&mut transaction, caller.merchant_id).await?;
    let found = store::list(&mut transaction, caller.merchant_id, page.cursor, page.skip, page.probe()).await?;
    drop(transaction);
    let (shops, pagination) = page.cut(found, total, |shop| shop.id)?;
    Ok(Paged(shops.into_iter().map(ShopView::from).collect(), pagination))
}
