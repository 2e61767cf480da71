//! What became of sends: the messages' rows move, their places in the outbox go. Each function takes many at once.
//!
//! Rows of `messages` are locked in the order of their ids, and before those of the outbox: as statuses do,
//! which may come for the same messages at the same time.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, MessageId};
use crate::domain::status::MessageStatus;
use crate::store::column::column;
use crate::store::doubts;
use crate::store::error::StoreError;
use crate::store::messages::reactions;

/// A message that the platform took.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The message.
    pub message_id: MessageId,
    /// The platform's id of it.
    pub platform_id: String,
    /// Sent, or held.
    pub status: MessageStatus,
    /// When the platform was called.
    pub attempted_at: DateTime<Utc>,
}

/// A message that will not go.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The message.
    pub message_id: MessageId,
    /// How it ended.
    pub status: MessageStatus,
    /// Why.
    pub error: Value,
}

/// Locks `messages` until the transaction ends: for whoever moves some of them by one statement and some by
/// another.
pub async fn lock(conn: &mut PgConnection, messages: &[MessageId]) -> Result<(), StoreError> {
    let (ids, Some((least, greatest))) = sorted(messages.iter().copied()) else {
        return Ok(());
    };
    sqlx::query!(
        "select id from messages where id = any($1) and id between $2 and $3 order by id for no key update",
        &ids,
        least,
        greatest
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

/// The platform took the messages. A status that was faster has moved one already and stays.
pub async fn accepted(conn: &mut PgConnection, taken: &[Accepted], at: DateTime<Utc>) -> Result<(), StoreError> {
    let (_, Some((least, greatest))) = sorted(taken.iter().map(|one| one.message_id)) else {
        return Ok(());
    };
    let rows = sqlx::query!(
        r#"with locked as (
               select id from messages where id = any($1) and id between $6 and $7 order by id for no key update
           ), settled as (
               delete from doubts where message_id = any($1)
           ), gone as (
               delete from outbox o using locked where o.message_id = locked.id
           )
           update messages m
           set status = greatest(m.status, new.status::message_status),
               platform_id = coalesce(m.platform_id, new.platform_id),
               accepted_at = least(m.accepted_at, $5), attempted_at = new.attempted_at
           from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])
                as new (id, platform_id, status, attempted_at)
           join locked on locked.id = new.id
           where m.id = new.id and m.id between $6 and $7
           returning m.id, m.kind = 'reaction' as "is_reaction!""#,
        &column(taken, |one| one.message_id.0),
        &column(taken, |one| one.platform_id.clone()),
        &column(taken, |one| one.status.as_str().to_owned()),
        &column(taken, |one| one.attempted_at),
        at,
        least,
        greatest
    )
    .fetch_all(&mut *conn)
    .await?;
    let reactions: Vec<MessageId> = rows.iter().filter(|row| row.is_reaction).map(|row| row.id.into()).collect();
    reactions::sent(conn, &reactions).await
}

/// Notes when the platform was called with each.
pub async fn attempted(conn: &mut PgConnection, calls: &[(MessageId, DateTime<Utc>)]) -> Result<(), StoreError> {
    let (_, Some((least, greatest))) = sorted(calls.iter().map(|(id, _)| *id)) else {
        return Ok(());
    };
    sqlx::query!(
        "update messages m set attempted_at = new.at
         from unnest($1::uuid[], $2::timestamptz[]) as new (id, at)
         where m.id = new.id and m.id between $3 and $4",
        &column(calls, |(id, _)| id.0),
        &column(calls, |(_, at)| *at),
        least,
        greatest
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// It is not known whether the platform has the messages, and why: until a status or somebody settles one, it
/// stands among the doubts.
pub async fn in_doubt(
    conn: &mut PgConnection,
    messages: &[(MessageId, Value)],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    doubts::enter(conn, &column(messages, |(id, _)| *id)).await?;
    let ends = column(messages, |(message_id, error)| Ended {
        message_id: *message_id,
        status: MessageStatus::InDoubt,
        error: error.clone(),
    });
    ended(conn, &ends, at).await
}

/// Takes away the row that an echo of this very message made: X echoes what we send without a
/// reference of ours, and sometimes before it has answered.
pub async fn absorb_echo(
    conn: &mut PgConnection,
    account: AccountId,
    message: MessageId,
    platform_id: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with echo as (
             delete from messages
             where platform_id = $3 and account_id = $1 and id <> $2 and direction = 'outbound' and author = 'agent'
               and author_user_id is null
             returning conversation_id
         )
         update conversations c set message_count = c.message_count - 1 from echo where c.id = echo.conversation_id",
        account.0,
        message.0,
        platform_id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The messages will not go.
pub async fn ended(conn: &mut PgConnection, ends: &[Ended], at: DateTime<Utc>) -> Result<(), StoreError> {
    let (ids, Some((least, greatest))) = sorted(ends.iter().map(|end| end.message_id)) else {
        return Ok(());
    };
    sqlx::query!(
        "with locked as (
             select id from messages where id = any($1) and id between $5 and $6 order by id for no key update
         )
         update messages m
         set status = greatest(m.status, new.status::message_status), error = new.error,
             failed_at = case when new.status = 'failed' then least(m.failed_at, $4) else m.failed_at end
         from unnest($1::uuid[], $2::text[], $3::jsonb[]) as new (id, status, error)
         join locked on locked.id = new.id
         where m.id = new.id and m.id between $5 and $6",
        &column(ends, |end| end.message_id.0),
        &column(ends, |end| end.status.as_str().to_owned()),
        &column(ends, |end| end.error.clone()),
        at,
        least,
        greatest
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from outbox where message_id = any($1)", &ids).execute(conn).await?;
    Ok(())
}

/// Ids in their order, and the ends of them: which keeps to the partitions that hold them.
fn sorted(messages: impl Iterator<Item = MessageId>) -> (Vec<Uuid>, Option<(Uuid, Uuid)>) {
    let mut ids: Vec<Uuid> = messages.map(|id| id.0).collect();
    ids.sort_unstable();
    let ends = ids.first().copied().zip(ids.last().copied());
    (ids, ends)
}
