use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::domain::ids::TeamId;
use shared::domain::permission::Action;
use shared::store::{StoreError, audit, teams as store};

use super::create::entry;
use super::get::find;
use super::view::TeamView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// `DELETE /teams/{id}`: takes a team away; its users stay. Gives it as it was.
#[utoipa::path(delete, path = "/teams/{id}", tag = "teams", responses(Data<TeamView>))]
pub async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersManage)?;
    let id = TeamId(id);
    let mut transaction = state.begin(caller.merchant_id).await?;
    let team = find(&mut transaction, &caller, id).await?;
    let members = store::members(&mut transaction, caller.merchant_id, id).await?;
    store::delete(&mut transaction, caller.merchant_id, id).await?;
    let was = json!({ "name": team.name, "userIds": members });
    audit::record(&mut transaction, &entry(&caller, "team.deleted", id, Some(was), None)).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(TeamView::from(team)))
}
