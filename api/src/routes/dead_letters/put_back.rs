use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use shared::domain::clock;
use shared::domain::ids::DeadLetterId;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::dead_letters::put_back::{self as store, MOST, Which};
use utoipa::ToSchema;

use super::view::DeadLettersSettledView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// Which letters are to go back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PutBack)]
struct Body {
    /// These.
    ids: Option<Vec<DeadLetterId>>,
    /// All of a queue, 500 at a time.
    queue: Option<String>,
}

/// `POST /dead-letters/{id}/put-back`: lets a letter go back to the queue it died in; the janitor does it within
/// seconds.
#[utoipa::path(
    post,
    path = "/dead-letters/{id}/put-back",
    tag = "deadLetters",
    responses(Data<DeadLettersSettledView>)
)]
pub async fn put_back(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::InstallationOperate)?;
    let ids = mark(&state, &caller, Which::These(&[DeadLetterId(id)])).await?;
    if ids.is_empty() {
        return Err(ApiError::NotFound("dead letter"));
    }
    Ok(Data(DeadLettersSettledView { ids }))
}

/// `POST /dead-letters/put-back`: the same for several, or for all of a queue. Asked again it does the next ones.
#[utoipa::path(
    post,
    path = "/dead-letters/put-back",
    tag = "deadLetters",
    request_body = Body,
    responses(Data<DeadLettersSettledView>)
)]
pub async fn put_back_several(
    State(state): State<AppState>,
    caller: Caller,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::InstallationOperate)?;
    let ids = match body.read()? {
        Body { ids: Some(ids), queue: None } if i64::try_from(ids.len()).is_ok_and(|many| many <= MOST) => {
            mark(&state, &caller, Which::These(&ids)).await?
        }
        Body { ids: Some(_), queue: None } => {
            return Err(ApiError::invalid("ids", format!("must name at most {MOST}")));
        }
        Body { ids: None, queue: Some(queue) } => mark(&state, &caller, Which::AllOf(&queue)).await?,
        Body { .. } => return Err(ApiError::invalid("ids", "give either `ids` or `queue`")),
    };
    Ok(Data(DeadLettersSettledView { ids }))
}

async fn mark(state: &AppState, caller: &Caller, which: Which<'_>) -> Result<Vec<DeadLetterId>, ApiError> {
    let mut transaction = state.begin_as_operator().await?;
    let marked = store::mark(&mut transaction, which, caller.actor(), clock::now()).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(marked)
}
