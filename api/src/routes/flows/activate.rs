use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::flow_status::FlowStatus;
use shared::domain::permission::Action;
use shared::store::flows::authoring::{change, versions};
use utoipa::ToSchema;

use super::changing::{self, published};
use super::check;
use super::update::refuse_older;
use super::view::FlowDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

const LONGEST_NOTE: usize = 500;

/// How a flow is published.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ActivateFlow)]
struct Body {
    /// What is new about the version.
    #[serde(default)]
    note: Option<String>,
    /// The revision that was looked at: where the draft was changed since, nothing is published.
    #[serde(default)]
    revision: Option<i32>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /flows/{id}/activate`: publishes the draft, where it says something else than the published version, and
/// switches the flow on. One that cannot work is refused with every fault and the node it is about (422). What is under
/// way finishes on the version it began with.
#[utoipa::path(
    post,
    path = "/flows/{id}/activate",
    tag = "flows",
    request_body = Option<Body>,
    responses(Data<FlowDetails>)
)]
pub async fn activate(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    body: Option<Json>,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsManage)?;
    let body: Body = body.map(Json::read).transpose()?.unwrap_or_default();
    if body.note.as_ref().is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
        return Err(ApiError::invalid("note", format!("must hold at most {LONGEST_NOTE} characters")));
    }
    let mut changing = changing::lock(&state, &caller, door, id).await?;
    refuse_older(&changing, body.revision)?;
    let (merchant, before) = (caller.merchant_id, changing.before.clone());
    let conn = &mut changing.transaction;
    check::refuse_broken(conn, &state, merchant, before.id, &before.about, &before.draft).await?;
    let version = match published(conn, merchant, &before).await? {
        Some(document) if document == before.draft => before.published_version,
        _ => {
            let (note, by) = (body.note.as_deref(), caller.user_id());
            Some(versions::publish(conn, merchant, before.id, &before.draft, note, by).await?)
        }
    };
    if (FlowStatus::Active, version) != (before.status, before.published_version) {
        change::switch(conn, merchant, before.id, FlowStatus::Active, version).await?;
        let was = json!({ "status": before.status, "version": before.published_version });
        let is = json!({ "status": FlowStatus::Active, "version": version, "note": body.note });
        changing.record(&caller, "flow.activated", was, is).await?;
    }
    changing.show(&state, &caller, door).await
}
