use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;
use shared::domain::ids::EventId;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::unclaimed::read as store;
use utoipa::ToSchema;

use super::view::UnclaimedEventView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

/// An event, once for each account of it that nobody claims.
#[derive(Serialize, ToSchema)]
struct EventAccountsView {
    id: EventId,
    accounts: Vec<UnclaimedEventView>,
}

/// `GET /unclaimed-events/{id}`: one event, once for each account of it that nobody claims.
#[utoipa::path(
    get,
    path = "/unclaimed-events/{id}",
    tag = "unclaimedEvents",
    responses(Data<EventAccountsView>)
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::InstallationOperate)?;
    params.finish()?;
    let mut transaction = state.begin_as_operator().await?;
    let events = store::find(&mut transaction, &state.keyring, EventId(id)).await?;
    // A first key of nobody's may have been made.
    transaction.commit().await.map_err(StoreError::Sql)?;
    if events.is_empty() {
        return Err(ApiError::NotFound("unclaimed event"));
    }
    Ok(Data(EventAccountsView {
        id: EventId(id),
        accounts: events.into_iter().map(UnclaimedEventView::from).collect(),
    }))
}
