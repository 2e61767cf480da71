use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use shared::domain::permission::Action;
use utoipa::ToSchema;

use super::check::{self, Check};
use super::find;
use super::view::ContactDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathText};
use crate::state::AppState;

/// Attributes to put beside those that are there; null takes one away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Attributes)]
pub(super) struct AttributesBody {
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `PUT /contacts/{id}/attributes`: merges attributes into those that are there.
#[utoipa::path(
    put,
    path = "/contacts/{id}/attributes",
    tag = "contacts",
    params(("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`.")),
    request_body = AttributesBody,
    responses(Data<ContactDetails>)
)]
pub async fn change_attributes(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsWrite)?;
    let body: AttributesBody = body.read()?;
    let mut problems = Check::default();
    problems.attributes("attributes", &body.attributes);
    problems.finish()?;
    let changing = find::lock(&state, &caller, door, &id).await?;
    let mut profile = changing.profile.clone();
    check::merge(&mut profile.attributes, &body.attributes);
    let mut problems = Check::default();
    problems.most_attributes("attributes", &profile.attributes);
    problems.finish()?;
    changing.write(&state, &caller, door, "contact.updated", &profile).await
}
