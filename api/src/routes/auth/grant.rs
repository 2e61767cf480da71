//! What a login and a refresh give.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use shared::domain::clock;
use shared::domain::ids::{MerchantId, SessionId, UserId};
use shared::domain::user::UserRole;
use utoipa::ToSchema;

use super::view::UserView;
use crate::auth::TOKEN_LIFETIME;
use crate::error::ApiError;
use crate::state::AppState;

/// Tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grant {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    /// Seconds until the access token ends.
    expires_in: i64,
    /// A one-time password was used: nothing else may be done before it is changed.
    must_change_password: bool,
    user: UserView,
}

/// Whom the tokens are for.
pub(super) struct To {
    pub(super) user: UserView,
    pub(super) session: SessionId,
    pub(super) must_change_password: bool,
}

/// The tokens of a session.
pub(super) fn grant(state: &AppState, to: To, refresh_token: &SecretString) -> Result<Grant, ApiError> {
    let To { user, session, must_change_password } = to;
    let (id, merchant, role): (UserId, MerchantId, UserRole) = user.identity();
    let access_token = state.tokens.issue(id, merchant, role, session, clock::now()).map_err(ApiError::internal)?;
    Ok(Grant {
        access_token,
        refresh_token: refresh_token.expose_secret().to_owned(),
        token_type: "Bearer",
        expires_in: TOKEN_LIFETIME.num_seconds(),
        must_change_password,
        user,
    })
}
