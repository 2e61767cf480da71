use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::unclaimed::decide as store;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// An event about which was decided.
#[derive(Serialize, ToSchema)]
struct EventDecidedView {
    id: EventId,
}

/// `POST /unclaimed-events/{id}/give-back`: lets an event go its way once more, to whichever account claims it by now;
/// what still is nobody's is kept again.
#[utoipa::path(
    post,
    path = "/unclaimed-events/{id}/give-back",
    tag = "unclaimedEvents",
    responses(Data<EventDecidedView>)
)]
pub async fn give_back(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::InstallationOperate)?;
    let mut transaction = state.begin_as_operator().await?;
    let given = store::mark(&mut transaction, &[EventId(id)], caller.actor(), clock::now()).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    decided(given.into_iter().next())
}

/// `DELETE /unclaimed-events/{id}`: drops an event for good.
#[utoipa::path(
    delete,
    path = "/unclaimed-events/{id}",
    tag = "unclaimedEvents",
    responses(Data<EventDecidedView>)
)]
pub async fn discard(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::InstallationOperate)?;
    let mut transaction = state.begin_as_operator().await?;
    let dropped = store::drop(&mut transaction, &[EventId(id)], caller.actor(), clock::now()).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    decided(dropped.into_iter().next())
}

fn decided(event: Option<EventId>) -> Result<impl IntoResponse, ApiError> {
    let id = event.ok_or(ApiError::NotFound("unclaimed event"))?;
    Ok(Data(EventDecidedView { id }))
}
