use std::time::Instant;

use axum::extract::State;
use axum::response::IntoResponse;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use shared::domain::clock;
use shared::store::StoreError;
use shared::store::users::{self, User};
use utoipa::ToSchema;

use super::view::UserView;
use crate::auth::{PasswordError, TOKEN_LIFETIME};
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Json;
use crate::state::AppState;

/// Nobody's password is longer; hashing a long one would cost us.
const LONGEST_PASSWORD: usize = 1024;
/// RFC 5321's limit.
const LONGEST_EMAIL: usize = 254;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    email: String,
    #[schema(value_type = String)]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoggedIn {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    user: UserView,
}

/// `POST /auth/login`: an access token for an e-mail and its password. Whether the e-mail or the
/// password is wrong shows neither in the answer nor in its time.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login, responses(Data<LoggedIn>), security(()))]
pub async fn login(State(state): State<AppState>, body: Json) -> Result<impl IntoResponse, ApiError> {
    let Login { email, password } = body.read()?;
    let email = email.trim().to_lowercase();
    if email.len() > LONGEST_EMAIL || password.expose_secret().len() > LONGEST_PASSWORD {
        return refuse(&state, "refused", ApiError::LoginFailed);
    }
    if let Some(retry_after) = state.throttle.wait(&email, Instant::now()) {
        return refuse(&state, "throttled", ApiError::TooManyAttempts { retry_after });
    }
    let Some(user) = authenticate(&state, &email, password).await? else {
        state.throttle.failed(&email, Instant::now());
        return refuse(&state, "refused", ApiError::LoginFailed);
    };
    state.throttle.succeeded(&email);
    state.metrics.logins.with_label_values(&["ok"]).inc();
    let issued = state.tokens.issue(user.id, user.merchant_id, user.role, clock::now());
    Ok(Data(LoggedIn {
        access_token: issued.map_err(ApiError::internal)?,
        token_type: "Bearer",
        expires_in: TOKEN_LIFETIME.num_seconds(),
        user: user.into(),
    }))
}

async fn authenticate(state: &AppState, email: &str, password: SecretString) -> Result<Option<User>, ApiError> {
    let mut transaction = state.pool.begin().await.map_err(StoreError::Sql)?;
    let found = users::login(&mut transaction, email).await?;
    // No connection is held while the password is checked.
    transaction.rollback().await.map_err(StoreError::Sql)?;
    let (user, hash) = found.map_or((None, None), |login| (Some(login.user), login.password_hash));
    let fits = state.passwords.verify(password, hash).await.map_err(|error| match error {
        PasswordError::Busy => ApiError::Unavailable("too many logins at once, try again"),
        PasswordError::Failed => ApiError::internal(error),
    })?;
    Ok(user.filter(|user| fits && !user.disabled))
}

fn refuse<T>(state: &AppState, outcome: &str, error: ApiError) -> Result<T, ApiError> {
    state.metrics.logins.with_label_values(&[outcome]).inc();
    Err(error)
}
