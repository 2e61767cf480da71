//! Passwords in handlers: what becomes of a check that did not come to its turn.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use shared::domain::clock;

use crate::auth::{ONE_TIME, PasswordError, random_password};
use crate::error::ApiError;
use crate::state::AppState;

/// A password that is shown once, and what is kept of it.
pub(super) struct OneTime {
    pub(super) password: SecretString,
    pub(super) hash: SecretString,
    pub(super) expires_at: DateTime<Utc>,
}

impl OneTime {
    /// A new one.
    pub(super) async fn random(state: &AppState) -> Result<Self, ApiError> {
        let password = random_password();
        let hash = hash(state, password.clone()).await?;
        Ok(Self { password, hash, expires_at: clock::now() + ONE_TIME })
    }
}

/// The hash of `password`.
pub(super) async fn hash(state: &AppState, password: SecretString) -> Result<SecretString, ApiError> {
    state.passwords.hash(password).await.map_err(told)
}

/// Whether `password` is the one that `stored` is the hash of.
pub(super) async fn verify(
    state: &AppState,
    password: SecretString,
    stored: Option<SecretString>,
) -> Result<bool, ApiError> {
    state.passwords.verify(password, stored).await.map_err(told)
}

fn told(error: PasswordError) -> ApiError {
    match error {
        PasswordError::Busy => ApiError::Unavailable("too many logins at once, try again"),
        PasswordError::Failed => ApiError::internal(error),
    }
}
