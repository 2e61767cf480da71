use axum::extract::State;
use axum::response::IntoResponse;
use shared::store::users;

use super::view::UserView;
use crate::auth::Known;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::state::AppState;

/// `GET /auth/me`: the user that the token stands for. One who was disabled since is nobody.
#[utoipa::path(get, path = "/auth/me", tag = "auth", responses(Data<UserView>))]
pub async fn me(State(state): State<AppState>, Known { caller, .. }: Known) -> Result<impl IntoResponse, ApiError> {
    let mut transaction = state.begin(caller.merchant_id).await?;
    let id = caller.user_id().ok_or_else(|| ApiError::Forbidden("an API key is no user".to_owned()))?;
    let user = users::get(&mut transaction, caller.merchant_id, id).await?;
    let user = user.filter(|user| !user.disabled).ok_or(ApiError::Unauthorized)?;
    Ok(Data(UserView::from(user)))
}
