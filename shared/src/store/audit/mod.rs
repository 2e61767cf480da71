//! The audit trail: who did what to which entity. Append-only.

pub mod read;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{ApiKeyId, AuditEntryId, MerchantId, UserId};
use crate::store::column::column;
use crate::store::error::StoreError;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    User(UserId),
    /// An integration.
    ApiKey(ApiKeyId),
    /// Loa itself, or whoever may run its commands.
    System,
}

impl Actor {
    const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::ApiKey(_) => "api_key",
            Self::System => "system",
        }
    }

    const fn id(self) -> Option<Uuid> {
        match self {
            Self::User(id) => Some(id.0),
            Self::ApiKey(id) => Some(id.0),
            Self::System => None,
        }
    }
}

/// One thing that was done. Neither contents nor credentials belong into `before` and `after`.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose entity.
    pub merchant_id: MerchantId,
    /// Who.
    pub actor: Actor,
    /// What, as `entity.verb`.
    pub action: &'static str,
    /// The kind of entity.
    pub entity: &'static str,
    /// The entity.
    pub entity_id: Uuid,
    /// What it was.
    pub before: Option<Value>,
    /// What it is.
    pub after: Option<Value>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes `entry`, in the transaction of what it tells of.
pub async fn record(conn: &mut PgConnection, entry: &Entry) -> Result<(), StoreError> {
    record_all(conn, std::slice::from_ref(entry)).await
}

/// Writes `entries`, in the transaction of what they tell of.
pub async fn record_all(conn: &mut PgConnection, entries: &[Entry]) -> Result<(), StoreError> {
    let entries: Vec<(AuditEntryId, Entry)> =
        entries.iter().map(|entry| (AuditEntryId::new(), entry.clone())).collect();
    record_once(conn, &entries).await
}

/// Writes `entries` under ids that their cause gives them, so that a cause told twice is one entry.
pub async fn record_once(conn: &mut PgConnection, entries: &[(AuditEntryId, Entry)]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into audit_entries (id, merchant_id, actor_kind, actor_id, action, entity, entity_id, before, after, at)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::uuid[],
                              $8::jsonb[], $9::jsonb[], $10::timestamptz[])
         on conflict (id) do nothing",
        &entries.iter().map(|(id, _)| id.0).collect::<Vec<_>>(),
        &column(entries, |(_, entry)| entry.merchant_id.0),
        &column(entries, |(_, entry)| entry.actor.kind().to_owned()),
        &column(entries, |(_, entry)| entry.actor.id()) as &[Option<Uuid>],
        &column(entries, |(_, entry)| entry.action.to_owned()),
        &column(entries, |(_, entry)| entry.entity.to_owned()),
        &column(entries, |(_, entry)| entry.entity_id),
        &column(entries, |(_, entry)| entry.before.clone()) as &[Option<Value>],
        &column(entries, |(_, entry)| entry.after.clone()) as &[Option<Value>],
        &column(entries, |(_, entry)| entry.at)
    )
    .execute(conn)
    .await?;
    Ok(())
}
