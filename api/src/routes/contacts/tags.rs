use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::domain::permission::Action;

use super::check::Check;
use super::find;
use crate::auth::Caller;
use crate::doors::Door;
use crate::error::ApiError;
use crate::extract::{Json, PathTag, PathText};
use crate::state::AppState;

/// Tags of a contact.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct TagsBody {
    tags: Vec<String>,
    #[serde(rename = "shopId")]
    _shop_id: Option<IgnoredAny>,
}

/// `PUT /contacts/{id}/tags`: these tags and no others.
pub async fn replace(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsWrite)?;
    let tags = read(body)?;
    let changing = find::lock(&state, &caller, door, &id).await?;
    let mut profile = changing.profile.clone();
    profile.tags = tags;
    changing.write(&caller, door, "contact.tagged", &profile).await
}

/// `POST /contacts/{id}/tags`: these tags too.
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsWrite)?;
    let tags = read(body)?;
    let changing = find::lock(&state, &caller, door, &id).await?;
    let mut profile = changing.profile.clone();
    for tag in tags {
        if !profile.tags.contains(&tag) {
            profile.tags.push(tag);
        }
    }
    let mut check = Check::default();
    check.most_tags("tags", &profile.tags);
    check.finish()?;
    changing.write(&caller, door, "contact.tagged", &profile).await
}

/// `DELETE /contacts/{id}/tags/{tag}`: this tag no more. One that the contact does not have is gone already.
pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathTag(id, tag): PathTag,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsWrite)?;
    let changing = find::lock(&state, &caller, door, &id).await?;
    let mut profile = changing.profile.clone();
    profile.tags.retain(|known| *known != tag);
    changing.write(&caller, door, "contact.tagged", &profile).await
}

fn read(body: Json) -> Result<Vec<String>, ApiError> {
    let body: TagsBody = body.read()?;
    let mut check = Check::default();
    let tags = check.tags("tags", &body.tags);
    check.finish()?;
    Ok(tags)
}
