use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::clock;
use shared::domain::ids::DeadLetterId;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::dead_letters::put_back as store;

use super::view::DeadLettersSettledView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// `DELETE /dead-letters/{id}`: drops a letter for good.
#[utoipa::path(
    delete,
    path = "/dead-letters/{id}",
    tag = "deadLetters",
    responses(Data<DeadLettersSettledView>)
)]
pub async fn drop_letter(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::InstallationOperate)?;
    let mut transaction = state.begin_as_operator().await?;
    let ids = store::drop(&mut transaction, &[DeadLetterId(id)], caller.actor(), clock::now()).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    if ids.is_empty() {
        return Err(ApiError::NotFound("dead letter"));
    }
    Ok(Data(DeadLettersSettledView { ids }))
}
