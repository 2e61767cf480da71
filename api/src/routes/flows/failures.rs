use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::domain::ids::{ConversationId, FlowId};
use shared::domain::permission::Action;
use shared::store::counts::Total;
use shared::store::flows::authoring::failures::{self as store, FailureRecord};
use utoipa::ToSchema;

use super::get::find;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// A session of a flow that could not go on; a person has the conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlowFailure)]
pub(super) struct FailureView {
    version: i32,
    node_id: String,
    /// `too_many_nodes`, `text_not_rendered`, `send_failed` ...
    code: String,
    /// In words; holds nothing that a customer said.
    reason: String,
    conversation_id: ConversationId,
    at: DateTime<Utc>,
}

/// A place in the list, with the total that the first page told.
#[derive(Debug, Serialize, Deserialize)]
struct Place(i64, i64, bool);

/// `GET /flows/{id}/failures`: what broke while the flow was under way, the latest first.
#[utoipa::path(
    get,
    path = "/flows/{id}/failures",
    tag = "flows",
    params(PageParams, ("version" = Option<i32>, Query, description = "Of this version.")),
    responses(Paged<FailureView>)
)]
pub async fn list_failures(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let page: Page<Place> = Page::read(&mut params);
    let version = params.parse("version", "a whole number");
    params.finish()?;
    let (merchant, id) = (caller.merchant_id, FlowId(id));
    let mut transaction = state.begin(merchant).await?;
    find(&mut transaction, &caller, door, id).await?;
    let total = match &page.cursor {
        Some(Place(_, count, is_estimate)) => Total { count: *count, is_estimate: *is_estimate },
        None => store::count(&mut transaction, merchant, id, version).await?,
    };
    let before = page.cursor.as_ref().map(|Place(id, ..)| *id);
    let found = store::list(&mut transaction, merchant, id, version, before, page.skip, page.probe()).await?;
    drop(transaction);

    let place = |failure: &FailureRecord| Place(failure.id, total.count, total.is_estimate);
    let (failures, pagination) = page.cut_of(found, total, place)?;
    Ok(Paged(failures.into_iter().map(FailureView::from).collect(), pagination))
}

impl From<FailureRecord> for FailureView {
    fn from(failure: FailureRecord) -> Self {
        Self {
            version: failure.version,
            node_id: failure.node_id,
            code: failure.code,
            reason: failure.reason,
            conversation_id: failure.conversation_id,
            at: failure.at,
        }
    }
}
