use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::permission::Action;
use shared::store::accounts::read;

use super::view::AccountView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathText};
use crate::state::AppState;

/// `GET /accounts/{id}`: one account, by its id or by its shop's; a shop's is its primary one.
#[utoipa::path(
    get,
    path = "/accounts/{id}",
    tag = "accounts",
    params(("id" = String, Path, description = "The account's id, or its shop's.")),
    responses(Data<AccountView>)
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let account = read::find(&mut transaction, caller.merchant_id, door.channel, &id).await?;
    Ok(Data(AccountView::from(account.ok_or(ApiError::NotFound("account"))?)))
}
