//! What an operator decides about an unclaimed event: it goes the way of all events once more, or it is dropped.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::EventId;
use crate::store::audit::{self, Actor, Entry};
use crate::store::error::StoreError;
use crate::store::keyring::NOBODY;

/// Marks events to be given back, whether or not anybody claims them, and names those that were there. The janitor
/// publishes them; what still is nobody's is kept again.
pub async fn mark(
    conn: &mut PgConnection,
    events: &[EventId],
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<BTreeSet<EventId>, StoreError> {
    let ids: Vec<_> = events.iter().map(|event| event.0).collect();
    let rows = sqlx::query!(
        "update unclaimed_events set given_back_at = $2 where event_id = any($1) returning event_id, channel, account",
        &ids,
        at
    )
    .fetch_all(&mut *conn)
    .await?;
    let told = rows.into_iter().map(|row| Told { event: row.event_id, channel: row.channel, account: row.account });
    tell(conn, "unclaimed_event.given_back", told.collect(), actor, at).await
}

/// Drops events for good, and names those that were there.
pub async fn drop(
    conn: &mut PgConnection,
    events: &[EventId],
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<BTreeSet<EventId>, StoreError> {
    let ids: Vec<_> = events.iter().map(|event| event.0).collect();
    let rows = sqlx::query!(
        "delete from unclaimed_events where event_id = any($1) returning event_id, channel, account",
        &ids
    )
    .fetch_all(&mut *conn)
    .await?;
    let told = rows.into_iter().map(|row| Told { event: row.event_id, channel: row.channel, account: row.account });
    tell(conn, "unclaimed_event.dropped", told.collect(), actor, at).await
}

/// What the audit trail keeps of an event.
struct Told {
    event: Uuid,
    channel: String,
    account: String,
}

async fn tell(
    conn: &mut PgConnection,
    action: &'static str,
    told: Vec<Told>,
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<BTreeSet<EventId>, StoreError> {
    let entries: Vec<Entry> = told
        .iter()
        .map(|told| Entry {
            merchant_id: NOBODY,
            actor,
            action,
            entity: "unclaimed_event",
            entity_id: told.event,
            before: Some(json!({ "channel": told.channel, "account": told.account })),
            after: None,
            at,
        })
        .collect();
    audit::record_all(conn, &entries).await?;
    Ok(told.into_iter().map(|told| told.event.into()).collect())
}
