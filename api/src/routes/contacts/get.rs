use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::permission::Action;

use super::find;
use super::view::ContactDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathText};
use crate::state::AppState;

/// `GET /contacts/{id}`: a contact with all its addresses, what it agreed to, and how it is written with.
#[utoipa::path(
    get,
    path = "/contacts/{id}",
    tag = "contacts",
    params(("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`.")),
    responses(Data<ContactDetails>)
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(given): PathText,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let id = find::find(&mut transaction, caller.merchant_id, door.channel, &given).await?;
    find::show(transaction, caller.merchant_id, door, id).await
}
