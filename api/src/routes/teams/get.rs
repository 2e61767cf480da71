use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::TeamId;
use shared::domain::permission::Action;
use shared::store::PgConnection;
use shared::store::teams::{self as store, Team};

use super::view::TeamView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

/// `GET /teams/{id}`: one team.
#[utoipa::path(get, path = "/teams/{id}", tag = "teams", responses(Data<TeamView>))]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    Ok(Data(TeamView::from(find(&mut transaction, &caller, TeamId(id)).await?)))
}

pub(super) async fn find(conn: &mut PgConnection, caller: &Caller, id: TeamId) -> Result<Team, ApiError> {
    store::get(conn, caller.merchant_id, id).await?.ok_or(ApiError::NotFound("team"))
}
