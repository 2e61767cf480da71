//! The inbox: what the flow engine has not read yet.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, ConversationId, MerchantId, MessageId};
use crate::domain::message::Said;
use crate::domain::trace::TraceId;
use crate::store::error::StoreError;
use crate::store::keyring::Keys;
use crate::store::messages::CONTENT;
use crate::store::seal::Binding;

/// Messages of one conversation that are read at a time.
const MOST_READ: i64 = 100;

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
    /// What is told with it.
    pub told: Told,
}

/// What whoever stores a message knows of it besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// It is the first of its contact.
    pub contact_is_new: bool,
    /// It is the first of its conversation.
    pub conversation_is_new: bool,
    /// It is a word that withdraws consent.
    pub says_stop: bool,
}

/// A message as the flow engine reads it.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The message.
    pub message_id: MessageId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// What it says; none where it does not read, or was erased.
    pub said: Option<Said>,
    /// The platform's id of what it answers.
    pub reply_to: Option<String>,
    /// The platform's time.
    pub sent_at: DateTime<Utc>,
    /// When the ingress had it.
    pub received_at: DateTime<Utc>,
    /// What was told with it.
    pub told: Told,
    /// The trace of the webhook that brought it.
    pub trace: Option<TraceId>,
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
    let first_of_contact: Vec<bool> = unread.iter().map(|one| one.told.contact_is_new).collect();
    let first_of_thread: Vec<bool> = unread.iter().map(|one| one.told.conversation_is_new).collect();
    let stops: Vec<bool> = unread.iter().map(|one| one.told.says_stop).collect();
    sqlx::query!(
        "insert into inbox (message_id, merchant_id, account_id, conversation_id, sent_at, received_at, position,
                            contact_is_new, conversation_is_new, says_stop)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[],
                              $7::int[], $8::bool[], $9::bool[], $10::bool[])
         on conflict (message_id) do nothing",
        &ids,
        &merchants,
        &accounts,
        &conversations,
        &sent,
        &received,
        &positions,
        &first_of_contact,
        &first_of_thread,
        &stops
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What waits to be read in `conversations`, in the order in which it was said; of each so much as is read at a time.
pub async fn read(
    conn: &mut PgConnection,
    keys: &Keys,
    conversations: &[ConversationId],
) -> Result<Vec<Waiting>, StoreError> {
    let ids: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select i.message_id, i.merchant_id, i.conversation_id, i.sent_at, i.received_at, i.contact_is_new,
                  i.conversation_is_new, i.says_stop, m.content as "content?", m.reply_to as "reply_to?",
                  m.trace_id as "trace_id?"
           from unnest($1::uuid[]) as held (id)
           cross join lateral (
               select * from inbox where conversation_id = held.id
               order by sent_at, received_at, position, message_id limit $2
           ) i
           left join messages m on m.id = i.message_id
           order by i.conversation_id, i.sent_at, i.received_at, i.position, i.message_id"#,
        &ids,
        MOST_READ
    )
    .fetch_all(conn)
    .await?;
    let waiting = rows.into_iter().map(|row| {
        let (keys, binding) = (keys.of(MerchantId(row.merchant_id))?, Binding::new(CONTENT, row.message_id));
        let said = row.content.and_then(|sealed| keys.open(binding, &sealed).ok());
        Ok(Waiting {
            message_id: row.message_id.into(),
            conversation_id: row.conversation_id.into(),
            said: said.and_then(|plain| serde_json::from_slice(&plain).ok()),
            reply_to: row.reply_to,
            sent_at: row.sent_at,
            received_at: row.received_at,
            told: Told {
                contact_is_new: row.contact_is_new,
                conversation_is_new: row.conversation_is_new,
                says_stop: row.says_stop,
            },
            trace: row.trace_id.and_then(TraceId::from_uuid),
        })
    });
    waiting.collect()
}

/// Takes away what was read.
pub async fn forget(conn: &mut PgConnection, read: &[MessageId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = read.iter().map(|id| id.0).collect();
    if !ids.is_empty() {
        sqlx::query!("delete from inbox where message_id = any($1)", &ids).execute(conn).await?;
    }
    Ok(())
}

/// Takes away all that waits to be read in a conversation.
pub async fn forget_all_of(conn: &mut PgConnection, conversation: ConversationId) -> Result<(), StoreError> {
    sqlx::query!("delete from inbox where conversation_id = $1", conversation.0).execute(conn).await?;
    Ok(())
}

/// Those of `conversations` in which something waits, a message or another event: it came while they were held.
pub async fn left(
    conn: &mut PgConnection,
    conversations: &[ConversationId],
) -> Result<Vec<ConversationId>, StoreError> {
    let ids: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
    let left = sqlx::query_scalar!(
        r#"select id as "id!" from unnest($1::uuid[]) as held (id)
           where exists (select from inbox i where i.conversation_id = held.id)
              or exists (select from flow_events e where e.conversation_id = held.id)"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(left.into_iter().map(ConversationId).collect())
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
