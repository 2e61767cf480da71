use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::domain::permission::Action;
use utoipa::ToSchema;

use super::check::Check;
use super::find;
use super::view::ContactDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathTag, PathText};
use crate::state::AppState;

/// Tags of a contact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Tags)]
pub(super) struct TagsBody {
    tags: Vec<String>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `PUT /contacts/{id}/tags`: these tags and no others.
#[utoipa::path(
    put,
    path = "/contacts/{id}/tags",
    tag = "contacts",
    params(("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`.")),
    request_body = TagsBody,
    responses(Data<ContactDetails>)
)]
pub async fn replace_tags(
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
    changing.write(&state, &caller, door, "contact.tagged", &profile).await
}

/// `POST /contacts/{id}/tags`: these tags too.
#[utoipa::path(
    post,
    path = "/contacts/{id}/tags",
    tag = "contacts",
    params(("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`.")),
    request_body = TagsBody,
    responses(Data<ContactDetails>)
)]
pub async fn add_tags(
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
    changing.write(&state, &caller, door, "contact.tagged", &profile).await
}

/// `DELETE /contacts/{id}/tags/{tag}`: this tag no more. One that the contact does not have is gone already.
#[utoipa::path(
    delete,
    path = "/contacts/{id}/tags/{tag}",
    tag = "contacts",
    params(("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`."), ("tag" = String, Path)),
    responses(Data<ContactDetails>)
)]
pub async fn remove_tag(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathTag(id, tag): PathTag,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsWrite)?;
    let changing = find::lock(&state, &caller, door, &id).await?;
    let mut profile = changing.profile.clone();
    profile.tags.retain(|known| *known != tag);
    changing.write(&state, &caller, door, "contact.tagged", &profile).await
}

fn read(body: Json) -> Result<Vec<String>, ApiError> {
    let body: TagsBody = body.read()?;
    let mut check = Check::default();
    let tags = check.tags("tags", &body.tags);
    check.finish()?;
    Ok(tags)
}
