use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::permission::Action;
use shared::store::users::list as store;

use super::view::ProfileView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathText};
use crate::state::AppState;

/// `GET /users/{id}`: one user, by its id, or by what an outer system calls it.
#[utoipa::path(get, path = "/users/{id}", tag = "users", responses(Data<ProfileView>))]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathText(id): PathText,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let found = store::find(&mut transaction, caller.merchant_id, &id).await?;
    Ok(Data(ProfileView::from(found.ok_or(ApiError::NotFound("user"))?)))
}
