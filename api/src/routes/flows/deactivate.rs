use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::domain::flow_status::FlowStatus;
use shared::domain::permission::Action;
use shared::store::flows::authoring::change;

use super::changing;
use super::view::FlowDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// `POST /flows/{id}/deactivate`: switches a flow off. What is under way goes on, nothing begins; other flows may still
/// start it. One that was never published stays a draft.
#[utoipa::path(post, path = "/flows/{id}/deactivate", tag = "flows", responses(Data<FlowDetails>))]
pub async fn deactivate(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsManage)?;
    let mut changing = changing::lock(&state, &caller, door, id).await?;
    if changing.before.status == FlowStatus::Active {
        let (conn, merchant) = (&mut changing.transaction, caller.merchant_id);
        let (id, version) = (changing.before.id, changing.before.published_version);
        change::switch(conn, merchant, id, FlowStatus::Inactive, version).await?;
        let (was, is) = (json!({ "status": FlowStatus::Active }), json!({ "status": FlowStatus::Inactive }));
        changing.record(&caller, "flow.deactivated", was, is).await?;
    }
    changing.show(&state, &caller, door).await
}
