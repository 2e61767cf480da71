use axum::extract::State;
use axum::response::IntoResponse;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use shared::domain::clock;
use shared::domain::ids::SessionId;
use shared::store::sessions::{self, refresh};
use shared::store::users::{self, Login};
use shared::store::{StoreError, Transaction};
use utoipa::ToSchema;

use super::grant::{Grant, To, grant};
use crate::auth::{ClientAddress, LONGEST_PASSWORD, Tries, hash, random_secret};
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Json;
use crate::routes::passwords;
use crate::state::AppState;

/// RFC 5321's limit.
const LONGEST_EMAIL: usize = 254;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Login)]
struct Body {
    email: String,
    #[schema(value_type = String)]
    password: SecretString,
}

/// `POST /auth/login`: an access and a refresh token for an e-mail and its password. Whether the e-mail or the
/// password is wrong shows neither in the answer nor in its time.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Body, responses(Data<Grant>), security(()))]
pub async fn login(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    let Body { email, password } = body.read()?;
    let email = email.trim().to_lowercase();
    if email.len() > LONGEST_EMAIL || password.expose_secret().len() > LONGEST_PASSWORD {
        return refuse(&state, "refused", ApiError::LoginFailed);
    }
    let tries = Tries::login(&email, address);
    if let Some(retry_after) = state.throttle.try_once(&tries).await {
        return refuse(&state, "throttled", ApiError::TooManyAttempts { retry_after });
    }
    let Some(login) = authenticate(&state, &email, password).await? else {
        return refuse(&state, "refused", ApiError::LoginFailed);
    };
    state.throttle.succeeded(&tries).await;
    let token = random_secret();
    let session = open(&state, &login, &hash(token.expose_secret())).await?;
    state.metrics.logins.with_label_values(&["ok"]).inc();
    let to = To { session, must_change_password: login.password_expires_at.is_some(), user: login.user.into() };
    Ok(Data(grant(&state, to, &token)?))
}

async fn authenticate(state: &AppState, email: &str, password: SecretString) -> Result<Option<Login>, ApiError> {
    let mut transaction = state.pool.begin().await.map_err(StoreError::Sql)?;
    let found = users::login(&mut transaction, email).await?;
    // No connection is held while the password is checked.
    transaction.rollback().await.map_err(StoreError::Sql)?;
    let stored = found.as_ref().and_then(|login| login.password_hash.clone());
    let fits = passwords::verify(state, password, stored).await?;
    let holds = |login: &Login| login.password_expires_at.is_none_or(|until| clock::now() < until);
    Ok(found.filter(|login| fits && !login.user.disabled && holds(login)))
}

async fn open(state: &AppState, login: &Login, refresh_token: &refresh::Hash) -> Result<SessionId, ApiError> {
    let (merchant, user, now) = (login.user.merchant_id, login.user.id, clock::now());
    let mut transaction: Transaction = state.begin(merchant).await?;
    let session = sessions::open(&mut transaction, merchant, user, now).await?;
    refresh::insert(&mut transaction, merchant, session, refresh_token, now).await?;
    users::logged_in(&mut transaction, merchant, user, now).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(session)
}

fn refuse<T>(state: &AppState, outcome: &str, error: ApiError) -> Result<T, ApiError> {
    state.metrics.logins.with_label_values(&[outcome]).inc();
    Err(error)
}
