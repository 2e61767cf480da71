//! Queueing a message to be sent: its row and its place in the outbox, written together.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId, UserId};
use crate::domain::message::received::Surroundings;
use crate::domain::message::{Author, Content, Direction};
use crate::domain::status::MessageStatus;
use crate::domain::trace::TraceId;
use crate::store::column::column;
use crate::store::conversations::open::Standing;
use crate::store::conversations::summary::{self, Last, PREVIEW, Summary};
use crate::store::error::StoreError;
use crate::store::keyring::Keys;
use crate::store::messages::CONTENT;
use crate::store::messages::history::Message;
use crate::store::seal::{Binding, MerchantKeys};

/// What an answer to a customer waits behind nothing for.
pub const PRIORITY_REPLY: i16 = 0;
/// What a system tells a customer waits behind answers, and before campaigns.
pub const PRIORITY_NOTIFICATION: i16 = 5;

/// A message to send.
#[derive(Clone, Debug)]
pub struct NewOutbound<'a> {
    /// Its id; the same intent queued twice has the same and is queued once.
    pub id: MessageId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// In whose name.
    pub account_id: AccountId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// To whom.
    pub contact_id: ContactId,
    /// Who wrote it.
    pub author: Author,
    /// The person, where one wrote it.
    pub author_user_id: Option<UserId>,
    /// What it says; checked against the channel's limits before.
    pub content: &'a Content,
    /// The platform's id of what it answers.
    pub reply_to: Option<&'a str>,
    /// An order number or the like.
    pub reference: Option<&'a str>,
    /// Lower goes first.
    pub priority: i16,
    /// When it was queued.
    pub at: DateTime<Utc>,
    /// It does not go before this, and what is queued later goes first until then; at once where there is none.
    pub not_before: Option<DateTime<Utc>>,
    /// The trace that it belongs to, where anything led to it.
    pub trace: Option<TraceId>,
}

/// Queues `messages` and makes each the last one of its conversation. Gives those that are new: the
/// same intent queued before is left as it is.
pub async fn queue_all(
    conn: &mut PgConnection,
    keys: &Keys,
    messages: &[NewOutbound<'_>],
) -> Result<HashSet<MessageId>, StoreError> {
    let mut sorted: Vec<&NewOutbound<'_>> = messages.iter().collect();
    sorted.sort_unstable_by_key(|message| message.id);
    let new = insert(conn, keys, &sorted).await?;
    sorted.retain(|message| new.contains(&message.id));
    enter_outbox(conn, &sorted).await?;
    summarise(conn, keys, &sorted).await?;
    Ok(new)
}

/// Queues one message; whether it is new.
pub async fn queue(
    conn: &mut PgConnection,
    keys: &Arc<MerchantKeys>,
    message: &NewOutbound<'_>,
) -> Result<bool, StoreError> {
    let keys = Keys::from((message.merchant_id, Arc::clone(keys)));
    let new = queue_all(conn, &keys, std::slice::from_ref(message)).await?;
    Ok(new.contains(&message.id))
}

async fn insert(
    conn: &mut PgConnection,
    keys: &Keys,
    messages: &[&NewOutbound<'_>],
) -> Result<HashSet<MessageId>, StoreError> {
    let contents = messages.iter().map(|message| seal(keys, message)).collect::<Result<Vec<_>, _>>()?;
    let ids = column(messages, |message| message.id.0);
    let rows = sqlx::query_scalar!(
        "insert into messages (id, merchant_id, account_id, conversation_id, contact_id, direction, author,
                               author_user_id, kind, content, reply_to, reference, about, status, written_at, trace_id)
         select id, merchant_id, account_id, conversation_id, contact_id, 'outbound', author,
                author_user_id, kind, content, reply_to, reference, about, 'queued', written_at, trace_id
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::text[],
                     $9::bytea[], $10::text[], $11::text[], $12::timestamptz[], $13::text[],
                     $14::uuid[])
              as new (id, merchant_id, account_id, conversation_id, contact_id, author, author_user_id, kind,
                      content, reply_to, reference, written_at, about, trace_id)
         on conflict (id) do nothing
         returning id",
        &ids,
        &column(messages, |message| message.merchant_id.0),
        &column(messages, |message| message.account_id.0),
        &column(messages, |message| message.conversation_id.0),
        &column(messages, |message| message.contact_id.0),
        &column(messages, |message| message.author.as_str().to_owned()),
        &column(messages, |message| message.author_user_id.map(Uuid::from)) as &[Option<Uuid>],
        &column(messages, |message| message.content.kind().to_owned()),
        &contents,
        &column(messages, |message| message.reply_to.map(str::to_owned)) as &[Option<String>],
        &column(messages, |message| message.reference.map(str::to_owned)) as &[Option<String>],
        &column(messages, |message| message.at),
        &column(messages, |message| message.content.is_about().map(str::to_owned)) as &[Option<String>],
        &column(messages, |message| message.trace.map(TraceId::uuid)) as &[Option<Uuid>]
    )
    .fetch_all(conn)
    .await
    .map_err(|error| name_missing_partition(error, ids.last().copied().unwrap_or_default()))?;
    Ok(rows.into_iter().map(MessageId).collect())
}

async fn enter_outbox(conn: &mut PgConnection, messages: &[&NewOutbound<'_>]) -> Result<(), StoreError> {
    sqlx::query!(
        "with entered as (
             insert into outbox (message_id, merchant_id, account_id, conversation_id, priority, not_before,
                                 delayed_until)
             select message_id, merchant_id, account_id, conversation_id, priority, coalesce(not_before, now()),
                    not_before
             from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::smallint[], $6::timestamptz[])
                  as new (message_id, merchant_id, account_id, conversation_id, priority, not_before)
             returning merchant_id, account_id
         )
         insert into send_counts (account_id, merchant_id, hour, share, sends)
         select account_id, merchant_id, date_trunc('hour', now(), 'UTC'), pg_backend_pid(), count(*)
         from entered group by account_id, merchant_id
         on conflict (account_id, hour, share) do update set sends = send_counts.sends + excluded.sends",
        &column(messages, |message| message.id.0),
        &column(messages, |message| message.merchant_id.0),
        &column(messages, |message| message.account_id.0),
        &column(messages, |message| message.conversation_id.0),
        &column(messages, |message| message.priority),
        &column(messages, |message| message.not_before) as &[Option<DateTime<Utc>>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn summarise(conn: &mut PgConnection, keys: &Keys, messages: &[&NewOutbound<'_>]) -> Result<(), StoreError> {
    let mut summaries: BTreeMap<ConversationId, Summary> = BTreeMap::new();
    for message in messages {
        let id = message.conversation_id;
        let summary = summaries.entry(id).or_insert_with(|| Summary {
            id,
            standing: Standing::Any,
            added: 0,
            unread: 0,
            last_inbound_at: None,
            last: None,
        });
        summary.added += 1;
        if message.content.is_shown_as_last() {
            let preview = preview(keys.of(message.merchant_id)?, id, message.content)?;
            summary.last = Some(Last { at: message.at, message_id: message.id, preview });
        }
    }
    let summaries: Vec<Summary> = summaries.into_values().collect();
    summary::summarise(conn, &summaries).await?;
    Ok(())
}

fn seal(keys: &Keys, message: &NewOutbound<'_>) -> Result<Vec<u8>, StoreError> {
    let content = serde_json::to_vec(message.content)
        .map_err(|error| StoreError::Corrupt { table: "messages", problem: error.to_string() })?;
    Ok(keys.of(message.merchant_id)?.seal(Binding::new(CONTENT, message.id), &content)?)
}

/// The first words of `content`, sealed for the inbox list.
pub fn preview(keys: &MerchantKeys, conversation: ConversationId, content: &Content) -> Result<Vec<u8>, StoreError> {
    Ok(keys.seal(Binding::new(PREVIEW, conversation), content.preview().as_bytes())?)
}

/// A row that no partition takes is told by its name: PostgreSQL says `check_violation` without a constraint.
pub(super) fn name_missing_partition(error: sqlx::Error, id: Uuid) -> StoreError {
    match &error {
        sqlx::Error::Database(problem)
            if problem.code().as_deref() == Some("23514") && problem.constraint().is_none() =>
        {
            StoreError::BadTimestamp(id)
        }
        _ => StoreError::Sql(error),
    }
}

impl Message {
    /// A message that was queued just now, as it is known without looking.
    pub fn queued(new: &NewOutbound<'_>) -> Self {
        Self {
            id: new.id,
            conversation_id: new.conversation_id,
            direction: Direction::Outbound,
            author: new.author,
            author_user_id: new.author_user_id,
            kind: new.content.kind().to_owned(),
            content: Some(new.content.clone()),
            surroundings: Surroundings::default(),
            edited_at: None,
            edited: None,
            revoked_at: None,
            reactions: Vec::new(),
            files: Vec::new(),
            platform_id: None,
            reply_to: new.reply_to.map(str::to_owned),
            reference: new.reference.map(str::to_owned),
            status: MessageStatus::Queued,
            status_at: new.at,
            error: None,
            written_at: new.at,
            received_at: None,
        }
    }
}
