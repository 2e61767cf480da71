use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::permission::Action;
use shared::store::merchants;

use super::view::MerchantView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Params;
use crate::state::AppState;

/// `GET /merchant`: the merchant of whoever asks.
#[utoipa::path(get, path = "/merchant", tag = "merchant", responses(Data<MerchantView>))]
pub async fn get(State(state): State<AppState>, caller: Caller, params: Params) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::MerchantRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let merchant = merchants::get(&mut transaction, caller.merchant_id).await?;
    Ok(Data(MerchantView::from(merchant.ok_or(ApiError::NotFound("merchant"))?)))
}
