use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::domain::permission::Action;
use shared::store::contacts::change;
use utoipa::ToSchema;

use super::find;
use super::view::ContactDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathText};
use crate::state::AppState;

/// A contact that is the same person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = MergeContacts)]
pub(super) struct MergeBody {
    /// The contact that goes: its id, or its address on the channel.
    contact_id: String,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /contacts/{id}/merge`: the contact of the body is the one of the path, which gets all that is the other's:
/// addresses, conversations, tags, attributes and consents. It cannot be undone.
#[utoipa::path(
    post,
    path = "/contacts/{id}/merge",
    tag = "contacts",
    params(("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`.")),
    request_body = MergeBody,
    responses(Data<ContactDetails>)
)]
pub async fn merge(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsManage)?;
    let body: MergeBody = body.read()?;
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let stays = find::find(&mut transaction, merchant, door.channel, &id).await?;
    let goes = find::find_anywhere(&mut transaction, merchant, door.channel, &body.contact_id).await?;
    if stays == goes {
        return Err(ApiError::invalid("contactId", "must be another contact"));
    }
    let joined = change::join(&mut transaction, &state.keyring, merchant, stays, goes, caller.actor()).await?;
    if !joined {
        return Err(ApiError::Conflict("one of the contacts has just been merged or erased".to_owned()));
    }
    find::show(transaction, merchant, door, stays).await
}
