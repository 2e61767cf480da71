use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use shared::domain::permission::Action;

use super::check::{self, Check};
use super::find;
use crate::auth::Caller;
use crate::doors::Door;
use crate::error::ApiError;
use crate::extract::{Json, PathText};
use crate::state::AppState;

/// Attributes to put beside those that are there; null takes one away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AttributesBody {
    attributes: Map<String, Value>,
    #[serde(rename = "shopId")]
    _shop_id: Option<IgnoredAny>,
}

/// `PUT /contacts/{id}/attributes`: merges attributes into those that are there.
pub async fn change(
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
    changing.write(&caller, door, "contact.updated", &profile).await
}
