//! What became of a send: the message's row moves, its place in the outbox goes.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use crate::domain::ids::{AccountId, MessageId};
use crate::domain::status::MessageStatus;
use crate::store::doubts;
use crate::store::error::StoreError;
use crate::store::messages::reactions;

/// The platform took the message. A status that was faster has moved it already and stays.
pub async fn accepted(
    conn: &mut PgConnection,
    message: MessageId,
    platform_id: &str,
    status: MessageStatus,
    attempted_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with settled as (delete from doubts where message_id = $1)
         update messages
         set status = greatest(status, $3::text::message_status), platform_id = coalesce(platform_id, $2),
             accepted_at = least(accepted_at, $4), attempted_at = $5
         where id = $1",
        message.0,
        platform_id,
        status.as_str(),
        at,
        attempted_at
    )
    .execute(&mut *conn)
    .await?;
    reactions::sent(conn, &[message]).await?;
    leave_outbox(conn, message).await
}

/// Notes when the platform was called.
pub async fn attempted(conn: &mut PgConnection, message: MessageId, at: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("update messages set attempted_at = $2 where id = $1", message.0, at).execute(conn).await?;
    Ok(())
}

/// It is not known whether the platform has the message: until a status or somebody settles it, it
/// stands among the doubts.
pub async fn in_doubt(
    conn: &mut PgConnection,
    message: MessageId,
    error: &Value,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    doubts::enter(conn, message).await?;
    ended(conn, message, MessageStatus::InDoubt, error, at).await
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

/// The message will not go: `status` says how it ended, `error` why.
pub async fn ended(
    conn: &mut PgConnection,
    message: MessageId,
    status: MessageStatus,
    error: &Value,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update messages
         set status = greatest(status, $2::text::message_status), error = $3,
             failed_at = case when $2 = 'failed' then least(failed_at, $4) else failed_at end
         where id = $1",
        message.0,
        status.as_str(),
        error,
        at
    )
    .execute(&mut *conn)
    .await?;
    leave_outbox(conn, message).await
}

async fn leave_outbox(conn: &mut PgConnection, message: MessageId) -> Result<(), StoreError> {
    sqlx::query!("delete from outbox where message_id = $1", message.0).execute(conn).await?;
    Ok(())
}
