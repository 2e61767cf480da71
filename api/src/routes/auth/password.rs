use axum::extract::State;
use axum::response::IntoResponse;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::{SessionId, UserId};
use shared::store::audit::{self, Entry};
use shared::store::sessions::{self, Why};
use shared::store::{StoreError, users};
use utoipa::ToSchema;

use crate::auth::{Caller, Known, LONGEST_PASSWORD, SHORTEST_PASSWORD, Tries};
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::Json;
use crate::routes::passwords::{self, hash};
use crate::state::AppState;

/// The present password and the next.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = PasswordChange)]
struct Body {
    #[schema(value_type = String)]
    #[serde(alias = "oldPassword")]
    current_password: SecretString,
    #[schema(value_type = String)]
    new_password: SecretString,
}

/// What changing a password ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PasswordChanged {
    /// How many other sessions.
    sessions_ended: u64,
}

/// `POST /auth/password`: another password for whoever knows the present one. All other sessions of the user end.
#[utoipa::path(
    post,
    path = "/auth/password",
    tag = "auth",
    request_body = Body,
    responses(Data<PasswordChanged>)
)]
pub async fn password(
    State(state): State<AppState>,
    Known { caller, session, .. }: Known,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    let body: Body = body.read()?;
    check(&body)?;
    let Some((user, session)) = caller.user_id().zip(session) else {
        return Err(ApiError::Conflict("there is no password here: an outer system logs you in, or a key".to_owned()));
    };
    prove(&state, &caller, user, body.current_password).await?;
    let new = hash(&state, body.new_password).await?;
    let sessions_ended = change(&state, &caller, user, session, &new).await?;
    state.forget_user(user);
    Ok(Data(PasswordChanged { sessions_ended }))
}

fn check(body: &Body) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    let (current, new) = (body.current_password.expose_secret(), body.new_password.expose_secret());
    if new.chars().count() < SHORTEST_PASSWORD || new.len() > LONGEST_PASSWORD {
        problems.push(FieldProblem::new(
            "newPassword",
            format!("must hold at least {SHORTEST_PASSWORD} characters, and at most {LONGEST_PASSWORD} bytes"),
        ));
    } else if new == current {
        problems.push(FieldProblem::new("newPassword", "must be another one"));
    }
    if current.len() > LONGEST_PASSWORD {
        problems.push(FieldProblem::new("currentPassword", "is not your password"));
    }
    ApiError::unless_none(problems)
}

/// Whoever holds a stolen token gets no further than a stranger at the login.
async fn prove(state: &AppState, caller: &Caller, user: UserId, current: SecretString) -> Result<(), ApiError> {
    let tries = Tries::password_of(user);
    if let Some(retry_after) = state.throttle.try_once(&tries).await {
        return Err(ApiError::TooManyAttempts { retry_after });
    }
    let mut transaction = state.begin(caller.merchant_id).await?;
    let stored = users::password_hash(&mut transaction, caller.merchant_id, user).await?;
    // No connection is held while the password is checked.
    transaction.rollback().await.map_err(StoreError::Sql)?;
    if !passwords::verify(state, current, stored).await? {
        return Err(ApiError::invalid("currentPassword", "is not your password"));
    }
    state.throttle.succeeded(&tries).await;
    Ok(())
}

async fn change(
    state: &AppState,
    caller: &Caller,
    user: UserId,
    session: SessionId,
    hash: &SecretString,
) -> Result<u64, ApiError> {
    let (merchant, now) = (caller.merchant_id, clock::now());
    let mut transaction = state.begin(merchant).await?;
    users::set_password_hash(&mut transaction, merchant, user, hash, None).await?;
    let ended =
        sessions::revoke_all(&mut transaction, merchant, user, Some(session), Why::PasswordChanged, now).await?;
    let entry = Entry {
        merchant_id: merchant,
        actor: caller.actor(),
        action: "user.password_changed",
        entity: "user",
        entity_id: user.0,
        before: None,
        after: Some(json!({ "sessionsEnded": ended })),
        at: now,
    };
    audit::record(&mut transaction, &entry).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(ended)
}
