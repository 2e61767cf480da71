use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::permission::Action;

use super::find;
use crate::auth::Caller;
use crate::doors::Door;
use crate::error::ApiError;
use crate::extract::{Params, PathText};
use crate::state::AppState;

/// `GET /contacts/{id}`: a contact with all its addresses, what it agreed to, and how it is written with.
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(given): PathText,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsRead)?;
    params.ignore("shopId");
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let id = find::find(&mut transaction, caller.merchant_id, door.channel, &given).await?;
    find::show(transaction, caller.merchant_id, door, id).await
}
