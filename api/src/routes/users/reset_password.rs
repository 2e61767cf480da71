use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::domain::clock;
use shared::domain::permission::Action;
use shared::store::audit::{self, Entry};
use shared::store::sessions::{self, Why};
use shared::store::{StoreError, users};

use super::change::find;
use super::create::require_giving;
use super::view::InvitedView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::routes::passwords::OneTime;
use crate::state::AppState;

/// `POST /users/{id}/password-reset`: a one-time password for a colleague who has lost the own one. It is shown in
/// this answer alone, and logs the user out everywhere.
#[utoipa::path(post, path = "/users/{id}/password-reset", tag = "users", responses(Data<InvitedView>))]
pub async fn reset_password(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersManage)?;
    if caller.user_id().is_some_and(|own| own.0 == id) {
        return Err(ApiError::Conflict("change your own password with POST /api/v1/auth/password".to_owned()));
    }
    let one_time = OneTime::random(&state).await?;
    let (merchant, now) = (caller.merchant_id, clock::now());
    let mut transaction = state.begin(merchant).await?;
    let user = find(&mut transaction, &caller, id).await?;
    require_giving(&caller, user.role)?;
    if user.external_id.is_some() {
        return Err(ApiError::Conflict("an outer system logs this user in".to_owned()));
    }
    let expires_at = Some(one_time.expires_at);
    users::set_password_hash(&mut transaction, merchant, user.id, &one_time.hash, expires_at).await?;
    let ended = sessions::revoke_all(&mut transaction, merchant, user.id, None, Why::PasswordChanged, now).await?;
    let entry = Entry {
        merchant_id: merchant,
        actor: caller.actor(),
        action: "user.password_reset",
        entity: "user",
        entity_id: user.id.0,
        before: None,
        after: Some(json!({ "sessionsEnded": ended })),
        at: now,
    };
    audit::record(&mut transaction, &entry).await?;
    let user = find(&mut transaction, &caller, id).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    state.forget_user(user.id);
    Ok(Data(InvitedView::new(user, &one_time.password)))
}
