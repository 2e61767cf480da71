use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::ids::{FlowId, UserId};
use shared::domain::permission::Action;
use shared::flow::Document;
use shared::store::flows::authoring::versions::{self as store, Version};
use utoipa::ToSchema;

use super::get::find;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::{Data, Paged};
use crate::error::ApiError;
use crate::extract::{Params, PathId, PathVersion};
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// A version of a flow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlowVersion)]
pub(super) struct VersionView {
    version: i32,
    /// What its author said of it.
    note: Option<String>,
    node_count: i64,
    /// Whether new sessions begin with it.
    is_published: bool,
    created_by: Option<UserId>,
    created_at: DateTime<Utc>,
}

/// A version of a flow with what it says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlowVersionDetails)]
pub(super) struct VersionDetails {
    #[serde(flatten)]
    version: VersionView,
    document: Document,
}

impl VersionView {
    fn of(version: Version, published: Option<i32>) -> Self {
        Self {
            version: version.version,
            note: version.note,
            node_count: version.node_count,
            is_published: published == Some(version.version),
            created_by: version.created_by,
            created_at: version.created_at,
        }
    }
}

/// `GET /flows/{id}/versions`: what was published of a flow, the latest first.
#[utoipa::path(
    get,
    path = "/flows/{id}/versions",
    tag = "flows",
    params(PageParams),
    responses(Paged<VersionView>)
)]
pub async fn list_versions(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let page: Page<i32> = Page::read(&mut params);
    params.finish()?;
    let (merchant, id) = (caller.merchant_id, FlowId(id));
    let mut transaction = state.begin(merchant).await?;
    let flow = find(&mut transaction, &caller, door, id).await?;
    let total = store::count(&mut transaction, merchant, id).await?;
    let found = store::list(&mut transaction, merchant, id, page.cursor, page.skip, page.probe()).await?;
    drop(transaction);

    let (versions, pagination) = page.cut(found, total, |version| version.version)?;
    let shown = versions.into_iter().map(|version| VersionView::of(version, flow.published_version));
    Ok(Paged(shown.collect(), pagination))
}

/// `GET /flows/{id}/versions/{version}`: one version with what it says.
#[utoipa::path(
    get,
    path = "/flows/{id}/versions/{version}",
    tag = "flows",
    params(("version" = i32, Path, description = "Its number, from one.")),
    responses(Data<VersionDetails>)
)]
pub async fn get_version(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathVersion(id, version): PathVersion,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let flow = find(&mut transaction, &caller, door, FlowId(id)).await?;
    let found = store::get(&mut transaction, caller.merchant_id, flow.id, version).await?;
    let (version, document) = found.ok_or(ApiError::NotFound("version"))?;
    Ok(Data(VersionDetails { version: VersionView::of(version, flow.published_version), document }))
}
