use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::UserId;
use shared::store::audit::{self, Entry};
use shared::store::sessions::{self, Why};
use shared::store::{StoreError, Transaction};
use utoipa::ToSchema;

use crate::auth::{Caller, Known};
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Json;
use crate::state::AppState;

/// What to log out of.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Logout)]
struct Body {
    /// Not this session alone, but every one of the user.
    #[serde(default)]
    all: bool,
}

/// What a logout ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggedOut {
    /// How many sessions.
    sessions_ended: u64,
}

/// `POST /auth/logout`: ends the session that the token belongs to, with `all` every one of the user. Its tokens, the
/// access tokens too, hold no more.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "auth",
    request_body = Option<Body>,
    responses(Data<LoggedOut>)
)]
pub async fn logout(
    State(state): State<AppState>,
    Known { caller, session, .. }: Known,
    body: Option<Json>,
) -> Result<impl IntoResponse, ApiError> {
    let Body { all } = body.map(Json::read).transpose()?.unwrap_or_default();
    let Some((user, session)) = caller.user_id().zip(session) else {
        return Err(ApiError::Conflict(
            "nobody is logged in here: revoke the key, or log out where the token is from".to_owned(),
        ));
    };
    let now = clock::now();
    let mut transaction: Transaction = state.begin(caller.merchant_id).await?;
    let sessions_ended = if all {
        sessions::revoke_all(&mut transaction, caller.merchant_id, user, None, Why::LoggedOut, now).await?
    } else {
        u64::from(sessions::revoke(&mut transaction, caller.merchant_id, session, Why::LoggedOut, now).await?)
    };
    audit::record(&mut transaction, &entry(&caller, user, sessions_ended)).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    state.forget_user(user);
    Ok(Data(LoggedOut { sessions_ended }))
}

fn entry(caller: &Caller, user: UserId, ended: u64) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "user.logged_out",
        entity: "user",
        entity_id: user.0,
        before: None,
        after: Some(json!({ "sessionsEnded": ended })),
        at: clock::now(),
    }
}
