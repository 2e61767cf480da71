use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use shared::domain::ids::{ApiKeyId, UserId};
use shared::domain::user::UserRole;
use shared::store::api_keys::ApiKey;
use utoipa::ToSchema;

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKeyView {
    id: ApiKeyId,
    name: String,
    /// How it begins.
    prefix: String,
    role: UserRole,
    created_by: Option<UserId>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    /// To the minute.
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            role: key.role,
            created_by: key.created_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A key that was just made, and the whole of it, which is not shown again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewApiKeyView {
    #[serde(flatten)]
    api_key: ApiKeyView,
    /// Sent as `Authorization: Bearer`.
    key: String,
}

impl NewApiKeyView {
    pub(super) fn new(made: ApiKey, key: &SecretString) -> Self {
        Self { api_key: made.into(), key: key.expose_secret().to_owned() }
    }
}
