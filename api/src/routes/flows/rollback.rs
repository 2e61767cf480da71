use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::permission::Action;
use shared::store::flows::authoring::{change, versions};
use utoipa::ToSchema;

use super::changing;
use super::check;
use super::view::FlowDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// Which version a flow goes back to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = RollBackFlow)]
struct Body {
    version: i32,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /flows/{id}/rollback`: goes back to an earlier version: new sessions begin with it, and the draft says the same.
/// Whether the flow is active stays. One that cannot work any more is refused (422).
#[utoipa::path(post, path = "/flows/{id}/rollback", tag = "flows", request_body = Body, responses(Data<FlowDetails>))]
pub async fn rollback(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsManage)?;
    let body: Body = body.read()?;
    let mut changing = changing::lock(&state, &caller, door, id).await?;
    let (merchant, before) = (caller.merchant_id, changing.before.clone());
    let conn = &mut changing.transaction;
    let found = versions::get(conn, merchant, before.id, body.version).await?;
    let (_, document) = found.ok_or_else(|| ApiError::invalid("version", "is none of this flow's"))?;
    check::refuse_broken(conn, &state, merchant, before.id, &before.about, &document).await?;
    let is_new_draft = document != before.draft;
    if is_new_draft {
        change::redraft(conn, merchant, before.id, &document).await?;
    }
    if before.published_version != Some(body.version) {
        change::switch(conn, merchant, before.id, before.status, Some(body.version)).await?;
    }
    if is_new_draft || before.published_version != Some(body.version) {
        let was = json!({ "version": before.published_version, "revision": before.revision });
        let is = json!({ "version": body.version, "revision": before.revision + i32::from(is_new_draft) });
        changing.record(&caller, "flow.rolled_back", was, is).await?;
    }
    changing.show(&state, &caller, door).await
}
