use axum::extract::State;
use axum::response::IntoResponse;
use shared::store::users;

use super::view::UserView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::state::AppState;

/// `GET /auth/me`: the user that the token stands for. One who was disabled since is nobody.
#[utoipa::path(get, path = "/auth/me", tag = "auth", responses(Data<UserView>))]
pub async fn me(State(state): State<AppState>, caller: Caller) -> Result<impl IntoResponse, ApiError> {
    let mut transaction = state.begin(caller.merchant_id).await?;
    let user = users::get(&mut transaction, caller.merchant_id, caller.user_id).await?;
    let user = user.filter(|user| !user.disabled).ok_or(ApiError::Unauthorized)?;
    Ok(Data(UserView::from(user)))
}
