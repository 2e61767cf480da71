use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::channel::Channel;
use shared::domain::ids::FlowId;
use shared::domain::permission::Action;
use shared::flow::Document;
use shared::store::PgConnection;
use shared::store::flows::authoring::read::{self, Flow};

use super::check;
use super::view::FlowDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

/// Sessions are counted up to here.
const MOST_COUNTED: i64 = 100_000;

/// `GET /flows/{id}`: one flow with its draft.
#[utoipa::path(get, path = "/flows/{id}", tag = "flows", responses(Data<FlowDetails>))]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    Ok(Data(details(&mut transaction, &state, &caller, door, FlowId(id)).await?))
}

/// A flow with all that is known of it.
pub(super) async fn details(
    conn: &mut PgConnection,
    state: &AppState,
    caller: &Caller,
    door: Option<Door>,
    id: FlowId,
) -> Result<FlowDetails, ApiError> {
    let (flow, draft) = with_draft(conn, caller, door, id).await?;
    let faults = check::faults(conn, state, caller.merchant_id, Some(id), &flow.about(), &draft).await?;
    let under_way = read::under_way(conn, caller.merchant_id, id, MOST_COUNTED).await?;
    Ok(FlowDetails::new(flow, draft, faults, under_way))
}

/// The flow `id`, where the door shows it.
pub(super) async fn find(
    conn: &mut PgConnection,
    caller: &Caller,
    door: Option<Door>,
    id: FlowId,
) -> Result<Flow, ApiError> {
    let found = read::get(conn, caller.merchant_id, channel(door), id).await?;
    found.ok_or(ApiError::NotFound("flow"))
}

/// The flow `id` and its draft.
pub(super) async fn with_draft(
    conn: &mut PgConnection,
    caller: &Caller,
    door: Option<Door>,
    id: FlowId,
) -> Result<(Flow, Document), ApiError> {
    let flow = find(conn, caller, door, id).await?;
    let draft = read::drafts(conn, caller.merchant_id, &[id]).await?.pop();
    let (_, draft) = draft.ok_or(ApiError::NotFound("flow"))?;
    Ok((flow, draft))
}

/// The channel that a door fixes.
pub(super) fn channel(door: Option<Door>) -> Option<Channel> {
    door.map(|door| door.channel)
}
