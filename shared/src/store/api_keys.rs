//! API keys: what integrations speak with. A key is kept as a hash; its prefix finds it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::StoreError;
use super::users;
use crate::domain::ids::{ApiKeyId, MerchantId, UserId};
use crate::domain::user::UserRole;

/// A key as its merchant sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The key.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// The part of it that may be shown.
    pub prefix: String,
    /// What it may do.
    pub role: UserRole,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it holds; none: until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when it holds no more.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A key as it is presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The key.
    pub id: ApiKeyId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// What it may do.
    pub role: UserRole,
    /// SHA-256 of the whole key.
    pub hash: Vec<u8>,
}

/// Adds a key whose hash is `hash`.
pub async fn insert(
    conn: &mut PgConnection,
    merchant: MerchantId,
    key: &ApiKey,
    hash: &[u8],
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into api_keys (id, merchant_id, name, prefix, hash, role, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        key.id.0,
        merchant.0,
        key.name,
        key.prefix,
        hash,
        key.role.as_str(),
        key.created_by.map(|user| user.0),
        key.created_at,
        key.expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The key that holds under `prefix`.
///
/// No merchant is known yet: the transaction is given the sight of this one key's row, and of no other.
pub async fn present(
    conn: &mut PgConnection,
    prefix: &str,
    now: DateTime<Utc>,
) -> Result<Option<Presented>, StoreError> {
    sqlx::query!("select set_config('loa.presented_key', $1, true)", prefix).fetch_one(&mut *conn).await?;
    let row = sqlx::query!(
        "select id, merchant_id, role, hash from api_keys
         where prefix = $1 and revoked_at is null and (expires_at is null or expires_at > $2)",
        prefix,
        now
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Presented {
            id: row.id.into(),
            merchant_id: row.merchant_id.into(),
            role: users::role(&row.role)?,
            hash: row.hash,
        })
    })
    .transpose()
}

/// Notes that a key is used, once a minute at most.
pub async fn used(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update api_keys set last_used_at = $3
         where merchant_id = $1 and id = $2
           and (last_used_at is null or last_used_at < $3::timestamptz - interval '1 minute')",
        merchant.0,
        id.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How many keys `merchant` has, or had.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from api_keys where merchant_id = $1"#, merchant.0)
        .fetch_one(conn)
        .await?;
    Ok(count)
}

/// The keys before `before`, latest first, the revoked ones too.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    before: Option<ApiKeyId>,
    skip: i64,
    take: i64,
) -> Result<Vec<ApiKey>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, name, prefix, role, created_by, created_at, expires_at, last_used_at, revoked_at
         from api_keys where merchant_id = $1 and ($2::uuid is null or id < $2)
         order by id desc offset $3 limit $4",
        merchant.0,
        before.map(|key| key.0),
        skip,
        take
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::key).collect()
}

/// One key of `merchant`.
pub async fn get(conn: &mut PgConnection, merchant: MerchantId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "select id, name, prefix, role, created_by, created_at, expires_at, last_used_at, revoked_at
         from api_keys where merchant_id = $1 and id = $2",
        merchant.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::key).transpose()
}

/// Revokes a key; whether it still held.
pub async fn revoke(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ApiKeyId,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let revoked = sqlx::query!(
        "update api_keys set revoked_at = $3 where merchant_id = $1 and id = $2 and revoked_at is null",
        merchant.0,
        id.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(revoked.rows_affected() > 0)
}

struct Row {
    id: Uuid,
    name: String,
    prefix: String,
    role: String,
    created_by: Option<Uuid>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Row {
    fn key(self) -> Result<ApiKey, StoreError> {
        Ok(ApiKey {
            id: self.id.into(),
            name: self.name,
            prefix: self.prefix,
            role: users::role(&self.role)?,
            created_by: self.created_by.map(UserId),
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            revoked_at: self.revoked_at,
        })
    }
}
