//! The audit trail as the merchant reads it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AuditEntryId, MerchantId};
use crate::store::error::StoreError;

/// One line of the trail.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The entry.
    pub id: AuditEntryId,
    /// `user`, `api_key` or `system`.
    pub actor_kind: String,
    /// The user or the key.
    pub actor_id: Option<Uuid>,
    /// What was done, as `entity.verb`.
    pub action: String,
    /// The kind of entity.
    pub entity: String,
    /// The entity.
    pub entity_id: Uuid,
    /// What it was.
    pub before: Option<Value>,
    /// What it is.
    pub after: Option<Value>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Which entries are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By this user or key.
    pub actor_id: Option<Uuid>,
    /// By such: `user`, `api_key` or `system`.
    pub actor_kind: Option<String>,
    /// Of this kind of entity.
    pub entity: Option<String>,
    /// Of this entity.
    pub entity_id: Option<Uuid>,
    /// Of what was done.
    pub action: Option<String>,
    /// From this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub to: Option<DateTime<Utc>>,
}

/// Counting goes no further: a trail has no end.
const MOST_COUNTED: i64 = 10_000;

/// How many entries `filter` means, ten thousand at most.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId, filter: &Filter) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select 1 from audit_entries
               where merchant_id = $1 and ($2::uuid is null or actor_id = $2) and ($3::text is null or actor_kind = $3)
                 and ($4::text is null or entity = $4) and ($5::uuid is null or entity_id = $5)
                 and ($6::text is null or action = $6)
                 and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)
               limit $9) as found"#,
        merchant.0,
        filter.actor_id,
        filter.actor_kind.as_deref(),
        filter.entity.as_deref(),
        filter.entity_id,
        filter.action.as_deref(),
        filter.from,
        filter.to,
        MOST_COUNTED
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// The entries before `before`, latest first.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    filter: &Filter,
    before: Option<AuditEntryId>,
    skip: i64,
    take: i64,
) -> Result<Vec<Line>, StoreError> {
    let lines = sqlx::query_as!(
        Line,
        "select id, actor_kind, actor_id, action, entity, entity_id, before, after, at from audit_entries
         where merchant_id = $1 and ($2::uuid is null or actor_id = $2) and ($3::text is null or actor_kind = $3)
           and ($4::text is null or entity = $4) and ($5::uuid is null or entity_id = $5)
           and ($6::text is null or action = $6)
           and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)
           and ($9::uuid is null or id < $9)
         order by id desc offset $10 limit $11",
        merchant.0,
        filter.actor_id,
        filter.actor_kind.as_deref(),
        filter.entity.as_deref(),
        filter.entity_id,
        filter.action.as_deref(),
        filter.from,
        filter.to,
        before.map(|entry| entry.0),
        skip,
        take
    )
    .fetch_all(conn)
    .await?;
    Ok(lines)
}
