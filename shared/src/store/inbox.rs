//! The inbox: what the flow engine has not read yet.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, ConversationId, MerchantId, MessageId};
use crate::store::error::StoreError;

/// A message for the flow engine to read.
#[derive(Clone, Copy, Debug)]
pub struct Unread {
    /// The message.
    pub message_id: MessageId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The merchant's side.
    pub account_id: AccountId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// The platform's time.
    pub sent_at: DateTime<Utc>,
    /// When the ingress had it.
    pub received_at: DateTime<Utc>,
    /// Its place in the webhook's body.
    pub position: i32,
}

/// Adds `unread`; what is there already stays.
pub async fn add(conn: &mut PgConnection, unread: &[Unread]) -> Result<(), StoreError> {
    if unread.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = unread.iter().map(|one| one.message_id.0).collect();
    let merchants: Vec<Uuid> = unread.iter().map(|one| one.merchant_id.0).collect();
    let accounts: Vec<Uuid> = unread.iter().map(|one| one.account_id.0).collect();
    let conversations: Vec<Uuid> = unread.iter().map(|one| one.conversation_id.0).collect();
    let sent: Vec<DateTime<Utc>> = unread.iter().map(|one| one.sent_at).collect();
    let received: Vec<DateTime<Utc>> = unread.iter().map(|one| one.received_at).collect();
    let positions: Vec<i32> = unread.iter().map(|one| one.position).collect();
    sqlx::query!(
        "insert into inbox (message_id, merchant_id, account_id, conversation_id, sent_at, received_at, position)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::int[])
         on conflict (message_id) do nothing",
        &ids,
        &merchants,
        &accounts,
        &conversations,
        &sent,
        &received,
        &positions
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Conversations with something unread since before `lost_since`: their wake got lost.
pub async fn forgotten(
    conn: &mut PgConnection,
    lost_since: Duration,
    most: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let rows = sqlx::query_scalar!(
        "select conversation_id from inbox where created_at < now() - make_interval(secs => $1)
         group by conversation_id order by min(created_at) limit $2",
        lost_since.as_secs_f64(),
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(ConversationId).collect())
}
