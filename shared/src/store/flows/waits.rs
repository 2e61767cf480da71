//! What sessions are told later: a row each, so that any number of them costs no memory.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::events::{self, Heard, NewEvent};
use crate::domain::ids::{ConversationId, FlowSessionId, MerchantId};
use crate::flow::Event;
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;

/// Something that a session is told later.
#[derive(Clone, Copy, Debug)]
pub struct NewWait {
    /// The session.
    pub session_id: FlowSessionId,
    /// Its number there.
    pub number: u32,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// When.
    pub due: DateTime<Utc>,
}

/// What was due.
#[derive(Clone, Debug, Default)]
pub struct Fired {
    /// The conversations that have something to hear now.
    pub conversations: Vec<ConversationId>,
    /// How late each was.
    pub late: Vec<Duration>,
}

/// Adds `waits`.
pub async fn add(conn: &mut PgConnection, waits: &[NewWait]) -> Result<(), StoreError> {
    if waits.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into waits (session_id, number, merchant_id, conversation_id, due)
         select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::timestamptz[])
         on conflict (session_id, number) do update set due = excluded.due",
        &column(waits, |wait| wait.session_id.0),
        &column(waits, |wait| number(wait.number)),
        &column(waits, |wait| wait.merchant_id.0),
        &column(waits, |wait| wait.conversation_id.0),
        &column(waits, |wait| wait.due)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes away waits that are not needed any more.
pub async fn forget(conn: &mut PgConnection, waits: &[(FlowSessionId, u32)]) -> Result<(), StoreError> {
    if waits.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "delete from waits w using unnest($1::uuid[], $2::int[]) as gone (session_id, number)
         where w.session_id = gone.session_id and w.number = gone.number",
        &column(waits, |(session, _)| session.0),
        &column(waits, |(_, wait)| number(*wait))
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes events of at most `most` waits that are due, in the caller's transaction. Any number of janitors may do so:
/// each takes what no other has in hand.
pub async fn fire(conn: &mut PgConnection, keyring: &Keyring, most: i64) -> Result<Fired, StoreError> {
    let rows = sqlx::query!(
        r#"with past as materialized (
               select session_id, number from waits where due <= now() order by due limit $1 for update skip locked
           )
           delete from waits w using past where w.session_id = past.session_id and w.number = past.number
           returning w.session_id, w.number, w.merchant_id, w.conversation_id,
                     extract(epoch from now() - w.due)::float8 as "late!""#,
        most
    )
    .fetch_all(&mut *conn)
    .await?;
    if rows.is_empty() {
        return Ok(Fired::default());
    }
    let merchants: Vec<MerchantId> = rows.iter().map(|row| MerchantId(row.merchant_id)).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    let due: Vec<NewEvent> = rows
        .iter()
        .map(|row| NewEvent {
            merchant_id: row.merchant_id.into(),
            conversation_id: row.conversation_id.into(),
            session_id: Some(row.session_id.into()),
            heard: Heard::Event(Event::Due { wait: row.number.unsigned_abs() }),
        })
        .collect();
    events::add(conn, &keys, &due).await?;
    let mut conversations: Vec<Uuid> = rows.iter().map(|row| row.conversation_id).collect();
    conversations.sort_unstable();
    conversations.dedup();
    Ok(Fired {
        conversations: conversations.into_iter().map(ConversationId).collect(),
        late: rows.iter().map(|row| Duration::from_secs_f64(row.late.max(0.0))).collect(),
    })
}

/// Numbers of waits and calls begin at nought and are few.
pub(super) fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
