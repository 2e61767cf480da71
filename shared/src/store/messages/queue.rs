//! Queueing a message to be sent: its row and its place in the outbox, written together.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId, UserId};
use crate::domain::message::{Author, Content};
use crate::store::conversations::open::PREVIEW;
use crate::store::error::StoreError;
use crate::store::messages::{CONTENT, PREVIEW_LENGTH};
use crate::store::seal::{Binding, MerchantKeys};

/// What an answer to a customer waits behind nothing for.
pub const PRIORITY_REPLY: i16 = 0;

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
}

/// Whether the message was queued, or was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It is queued.
    New,
    /// The same intent was queued before.
    Known,
}

/// Queues `message` and makes it the last one of its conversation.
pub async fn queue(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    message: &NewOutbound<'_>,
) -> Result<Queued, StoreError> {
    let content = serde_json::to_vec(message.content)
        .map_err(|error| StoreError::Corrupt { table: "messages", problem: error.to_string() })?;
    let content = keys.seal(Binding::new(CONTENT, message.id), &content)?;
    let preview = preview(keys, message.conversation_id, message.content)?;
    let inserted = sqlx::query!(
        "insert into messages (id, merchant_id, account_id, conversation_id, contact_id, direction, author,
                               author_user_id, kind, content, reply_to, reference, status, written_at)
         values ($1, $2, $3, $4, $5, 'outbound', $6, $7, $8, $9, $10, $11, 'queued', $12)
         on conflict (id) do nothing",
        message.id.0,
        message.merchant_id.0,
        message.account_id.0,
        message.conversation_id.0,
        message.contact_id.0,
        message.author.as_str(),
        message.author_user_id.map(Uuid::from),
        message.content.kind(),
        content,
        message.reply_to,
        message.reference,
        message.at
    )
    .execute(&mut *conn)
    .await
    .map_err(|error| name_missing_partition(error, message.id.0))?;
    if inserted.rows_affected() == 0 {
        return Ok(Queued::Known);
    }
    sqlx::query!(
        "insert into outbox (message_id, merchant_id, account_id, conversation_id, priority)
         values ($1, $2, $3, $4, $5)",
        message.id.0,
        message.merchant_id.0,
        message.account_id.0,
        message.conversation_id.0,
        message.priority
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update conversations
         set message_count = message_count + 1,
             last_message_id = case when $3 >= last_message_at then $2 else last_message_id end,
             last_message_preview = case when $3 >= last_message_at then $4 else last_message_preview end,
             last_message_at = greatest(last_message_at, $3)
         where id = $1",
        message.conversation_id.0,
        message.id.0,
        message.at,
        preview
    )
    .execute(conn)
    .await?;
    Ok(Queued::New)
}

/// The first words of `content`, sealed for the inbox list.
pub fn preview(keys: &MerchantKeys, conversation: ConversationId, content: &Content) -> Result<Vec<u8>, StoreError> {
    let words: String = content.text().unwrap_or_default().chars().take(PREVIEW_LENGTH).collect();
    Ok(keys.seal(Binding::new(PREVIEW, conversation), words.as_bytes())?)
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
