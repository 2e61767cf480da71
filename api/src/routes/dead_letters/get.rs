use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::DeadLetterId;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::dead_letters::read as store;

use super::view::DeadLetterView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

/// `GET /dead-letters/{id}`: one letter, its contents opened.
#[utoipa::path(get, path = "/dead-letters/{id}", tag = "deadLetters", responses(Data<DeadLetterView>))]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::InstallationOperate)?;
    params.finish()?;
    let mut transaction = state.begin_as_operator().await?;
    let letter = store::find(&mut transaction, &state.keyring, DeadLetterId(id)).await?;
    // A first key of nobody's may have been made.
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(DeadLetterView::from(letter.ok_or(ApiError::NotFound("dead letter"))?)))
}
