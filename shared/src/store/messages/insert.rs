//! Storing what webhooks tell of, once, however often they tell it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId};
use crate::domain::message::{Author, Direction};
use crate::domain::status::MessageStatus;
use crate::domain::trace::TraceId;
use crate::store::column::column;
use crate::store::error::StoreError;

/// A message as its platform told of it, content sealed.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// Computed from the platform's id, so that the same message is the same row.
    pub id: MessageId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The merchant's side.
    pub account_id: AccountId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// The customer.
    pub contact_id: ContactId,
    /// Outbound for what another tool sent.
    pub direction: Direction,
    /// Who wrote it.
    pub author: Author,
    /// The type.
    pub kind: &'static str,
    /// Sealed JSON.
    pub content: &'a [u8],
    /// The platform's id.
    pub platform_id: &'a str,
    /// The platform's id of what it answers.
    pub reply_to: Option<&'a str>,
    /// The platform's id of what it edits, takes back or reacts to.
    pub about: Option<&'a str>,
    /// What is known of its fate.
    pub status: MessageStatus,
    /// The platform's time.
    pub written_at: DateTime<Utc>,
    /// When the ingress had it.
    pub received_at: DateTime<Utc>,
    /// The trace of the webhook.
    pub trace: TraceId,
}

/// Which of `ids` are stored already.
pub async fn known(conn: &mut PgConnection, ids: &[MessageId]) -> Result<hashbrown::HashSet<MessageId>, StoreError> {
    let (Some(least), Some(greatest)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(hashbrown::HashSet::new());
    };
    let all: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    // The bounds let PostgreSQL leave out the partitions of other months. Of an array that it does not see while it plans
    // it does not weigh every element, which takes longer than to look them all up.
    let found = sqlx::query_scalar!(
        "select id from messages where id = any(array(select unnest($1::uuid[]))) and id between $2 and $3",
        &all,
        least.0,
        greatest.0
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(MessageId).collect())
}

/// Which of the messages that `accounts` sent the platform calls by one of `platform_ids`.
pub async fn sent_as(
    conn: &mut PgConnection,
    accounts: &[AccountId],
    platform_ids: &[String],
) -> Result<HashSet<(AccountId, String)>, StoreError> {
    if platform_ids.is_empty() {
        return Ok(HashSet::new());
    }
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    let rows = sqlx::query!(
        r#"select account_id, platform_id as "platform_id!" from messages
           where platform_id = any($2) and account_id = any($1) and direction = 'outbound'"#,
        &accounts,
        platform_ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id.into(), row.platform_id)).collect())
}

/// Stores `messages`, none of which is [`known`]. The race is lost where another process has stored one since.
pub async fn insert(conn: &mut PgConnection, messages: &[Told<'_>]) -> Result<(), StoreError> {
    let mut sorted: Vec<&Told<'_>> = messages.iter().collect();
    // Batches of two processes that insert in one order wait for each other instead of deadlocking.
    sorted.sort_unstable_by_key(|message| message.id);
    let ids = column(&sorted, |message| message.id.0);
    sqlx::query!(
        "insert into messages (id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind,
                                 content, platform_id, reply_to, about, status, written_at, received_at, trace_id)
           select id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind,
                  content, platform_id, reply_to, about, status::message_status, written_at, received_at, trace_id
           from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[],
                       $9::bytea[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::text[],
                       $16::uuid[])
                as new (id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind,
                        content, platform_id, reply_to, status, written_at, received_at, about, trace_id)",
        &ids,
        &column(&sorted, |message| message.merchant_id.0),
        &column(&sorted, |message| message.account_id.0),
        &column(&sorted, |message| message.conversation_id.0),
        &column(&sorted, |message| message.contact_id.0),
        &column(&sorted, |message| message.direction.as_str()) as &[&str],
        &column(&sorted, |message| message.author.as_str()) as &[&str],
        &column(&sorted, |message| message.kind) as &[&str],
        &column(&sorted, |message| message.content) as &[&[u8]],
        &column(&sorted, |message| message.platform_id) as &[&str],
        &column(&sorted, |message| message.reply_to) as &[Option<&str>],
        &column(&sorted, |message| message.status.as_str()) as &[&str],
        &column(&sorted, |message| message.written_at),
        &column(&sorted, |message| message.received_at),
        &column(&sorted, |message| message.about) as &[Option<&str>],
        &column(&sorted, |message| message.trace.uuid())
    )
    .execute(conn)
    .await
    .map_err(|error| match error.as_database_error() {
        // The id is the only thing of a message that is unique; each partition has an index of its own for it.
        Some(broken) if broken.is_unique_violation() => StoreError::Raced("messages"),
        _ => super::queue::name_missing_partition(error, ids.last().copied().unwrap_or_default()),
    })?;
    Ok(())
}
