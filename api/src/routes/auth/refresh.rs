use axum::extract::State;
use axum::response::IntoResponse;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::{MerchantId, SessionId, UserId};
use shared::store::audit::{self, Actor, Entry};
use shared::store::sessions::refresh::{self, Refreshed};
use shared::store::{StoreError, users};
use utoipa::ToSchema;

use super::grant::{Grant, To, grant};
use crate::auth::{hash, random_secret};
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Json;
use crate::state::AppState;

/// Ours are shorter.
const LONGEST_TOKEN: usize = 200;

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Refresh)]
struct Body {
    #[schema(value_type = String)]
    refresh_token: SecretString,
}

/// `POST /auth/refresh`: takes a refresh token for new ones. Each is good once: one that is presented again was
/// copied, and its whole session ends.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = "auth",
    request_body = Body,
    responses(Data<Grant>),
    security(())
)]
pub async fn refresh(State(state): State<AppState>, body: Json) -> Result<impl IntoResponse, ApiError> {
    let Body { refresh_token } = body.read()?;
    if refresh_token.expose_secret().len() > LONGEST_TOKEN {
        return Err(ApiError::Unauthorized);
    }
    let next = random_secret();
    let (presented, next_hash) = (hash(refresh_token.expose_secret()), hash(next.expose_secret()));
    let mut transaction = state.pool.begin().await.map_err(StoreError::Sql)?;
    let refreshed = refresh::renew(&mut transaction, &presented, &next_hash, clock::now()).await?;
    let renewed = match refreshed {
        Refreshed::Renewed(renewed) => renewed,
        Refreshed::Refused => return Err(ApiError::Unauthorized),
        Refreshed::Reused { session, merchant, user } => {
            audit::record(&mut transaction, &reused(merchant, session, user)).await?;
            transaction.commit().await.map_err(StoreError::Sql)?;
            state.forget_user(user);
            tracing::warn!(session_id = %session, user_id = %user, "a refresh token was used twice: its session ended");
            return Err(ApiError::Unauthorized);
        }
    };
    let user = users::get(&mut transaction, renewed.merchant, renewed.user).await?.ok_or(ApiError::Unauthorized)?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    let to = To { user: user.into(), session: renewed.session, must_change_password: renewed.must_change_password };
    Ok(Data(grant(&state, to, &next)?))
}

fn reused(merchant_id: MerchantId, session: SessionId, user: UserId) -> Entry {
    Entry {
        merchant_id,
        actor: Actor::System,
        action: "session.revoked",
        entity: "session",
        entity_id: session.0,
        before: None,
        after: Some(json!({ "userId": user, "reason": "a refresh token was used twice" })),
        at: clock::now(),
    }
}
