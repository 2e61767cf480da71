//! What stands behind a token at this moment. A token says who was let in; whether that still holds, and as what, is
//! asked of the database, and holds for [`HOLDS`](super::cache::HOLDS).

use std::time::Instant;

use shared::domain::ids::{ApiKeyId, SessionId, UserId};
use shared::store::sessions::{self, Standing};

use super::cache::Cache;
use super::caller::{Caller, Known, Who};
use super::token::Claims;
use super::{key, outer};
use crate::error::ApiError;
use crate::state::AppState;

/// What was found out lately.
#[derive(Debug, Default)]
pub struct Standings {
    sessions: Cache<SessionId, Option<Standing>>,
    pub(super) keys: Cache<[u8; 32], Caller>,
}

impl Standings {
    /// A user's sessions have changed, or what it may do: nothing known of them holds any more.
    pub fn forget_user(&self, user: UserId) {
        self.sessions.forget(|_, standing| standing.is_some_and(|standing| standing.user_id == user));
    }

    /// A key was revoked.
    pub fn forget_key(&self, id: ApiKeyId) {
        self.keys.forget(|_, caller| key::is(caller, id));
    }
}

/// Who presents `token`: a key, one of our own tokens, or one of the outer IAM.
pub(super) async fn of(state: &AppState, token: &str) -> Result<Known, ApiError> {
    if token.starts_with(key::MARK) {
        return key::known(state, token).await;
    }
    match state.tokens.read(token) {
        Some(claims) => of_session(state, &claims).await,
        None => outer::known(state, token).await,
    }
}

async fn of_session(state: &AppState, claims: &Claims) -> Result<Known, ApiError> {
    let standing = look(state, claims).await?.ok_or(ApiError::Unauthorized)?;
    // A role that was taken away, or given, is in the next token alone: this one says what does not hold.
    if standing.user_id != claims.sub || standing.merchant_id != claims.merchant_id || standing.role != claims.role {
        return Err(ApiError::Unauthorized);
    }
    Ok(Known {
        caller: Caller {
            who: Who::User(standing.user_id),
            merchant_id: standing.merchant_id,
            role: standing.role,
            trace: None,
        },
        session: Some(claims.sid),
        must_change_password: standing.must_change_password,
    })
}

async fn look(state: &AppState, claims: &Claims) -> Result<Option<Standing>, ApiError> {
    let asked = Instant::now();
    if let Some(known) = state.standings.sessions.get(&claims.sid, asked) {
        return Ok(known);
    }
    let mut transaction = state.begin(claims.merchant_id).await?;
    let standing = sessions::standing(&mut transaction, claims.merchant_id, claims.sid).await?;
    drop(transaction);
    state.standings.sessions.put(claims.sid, standing, asked);
    Ok(standing)
}
