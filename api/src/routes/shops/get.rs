use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::permission::Action;
use shared::store::shops as store;

use super::ShopView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathText};
use crate::state::AppState;

/// `GET /shops/{id}`: one shop, by its id or by the merchant's own name for it.
#[utoipa::path(
    get,
    path = "/shops/{id}",
    tag = "shops",
    params(("id" = String, Path, description = "The shop's id, or the merchant's own name for it.")),
    responses(Data<ShopView>)
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathText(id): PathText,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let shop = store::record(&mut transaction, caller.merchant_id, &id).await?;
    Ok(Data(ShopView::from(shop.ok_or(ApiError::NotFound("shop"))?)))
}
