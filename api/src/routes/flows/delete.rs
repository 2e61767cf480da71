use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::domain::permission::Action;
use shared::store::flows::authoring::change;
use shared::store::{StoreError, audit};

use super::changing::{self, entry};
use super::get::details;
use super::view::FlowDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// `DELETE /flows/{id}`: takes a flow away. What is under way finishes. One that other active flows start is kept (409).
/// Gives it as it was.
#[utoipa::path(delete, path = "/flows/{id}", tag = "flows", responses(Data<FlowDetails>))]
pub async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsManage)?;
    let merchant = caller.merchant_id;
    let changing::Changing { mut transaction, before } = changing::lock(&state, &caller, door, id).await?;
    let starters = change::started_by(&mut transaction, merchant, before.id).await?;
    if !starters.is_empty() {
        return Err(ApiError::Conflict(format!("active flows start this one: {}", starters.join(", "))));
    }
    let shown = details(&mut transaction, &state, &caller, door, before.id).await?;
    change::delete(&mut transaction, merchant, before.id).await?;
    let was = json!({ "name": before.about.name, "status": before.status });
    audit::record(&mut transaction, &entry(&caller, "flow.deleted", before.id, Some(was), None)).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(shown))
}
