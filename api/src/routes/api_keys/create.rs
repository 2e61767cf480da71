use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::ApiKeyId;
use shared::domain::permission::Action;
use shared::domain::user::UserRole;
use shared::store::StoreError;
use shared::store::api_keys::{self as store, ApiKey};
use shared::store::audit::{self, Entry};
use utoipa::ToSchema;

use super::view::NewApiKeyView;
use crate::auth::{Caller, NewKey};
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::Json;
use crate::state::AppState;

const LONGEST_NAME: usize = 100;

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ApiKeyRequest)]
struct Body {
    /// What it is for.
    name: String,
    /// What it may do; no more than whoever makes it.
    role: UserRole,
    /// Until when it holds; until it is revoked where not given.
    expires_at: Option<DateTime<Utc>>,
    /// Taken everywhere; keys belong to the merchant.
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /api-keys`: makes a key for an integration. The whole of it is shown in this answer alone.
#[utoipa::path(post, path = "/api-keys", tag = "apiKeys", request_body = Body, responses(Data<NewApiKeyView>))]
pub async fn create(State(state): State<AppState>, caller: Caller, body: Json) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::KeysManage)?;
    let body: Body = body.read()?;
    let now = clock::now();
    check(&caller, &body, now)?;
    let NewKey { prefix, key, hash } = NewKey::random();
    let made = ApiKey {
        id: ApiKeyId::new(),
        name: body.name.trim().to_owned(),
        prefix,
        role: body.role,
        created_by: caller.user_id(),
        created_at: now,
        expires_at: body.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    let mut transaction = state.begin(caller.merchant_id).await?;
    store::insert(&mut transaction, caller.merchant_id, &made, &hash).await?;
    let entry = Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "api_key.created",
        entity: "api_key",
        entity_id: made.id.0,
        before: None,
        after: Some(json!({ "name": made.name, "role": made.role, "expiresAt": made.expires_at })),
        at: now,
    };
    audit::record(&mut transaction, &entry).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(NewApiKeyView::new(made, &key)))
}

fn check(caller: &Caller, body: &Body, now: DateTime<Utc>) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        problems.push(FieldProblem::new("name", format!("must hold 1 to {LONGEST_NAME} characters")));
    }
    if body.role == UserRole::Operator {
        problems.push(FieldProblem::new("role", "must be one of: owner, admin, agent, viewer"));
    }
    if body.expires_at.is_some_and(|at| at <= now) {
        problems.push(FieldProblem::new("expiresAt", "must lie ahead"));
    }
    ApiError::unless_none(problems)?;
    if caller.role.may_give(body.role) {
        return Ok(());
    }
    Err(ApiError::Forbidden(format!("the role `{}` may not make a key of the role `{}`", caller.role, body.role)))
}
