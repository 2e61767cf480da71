//! What was said in a conversation, contents opened.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{ConversationId, MerchantId, MessageId, UserId};
use crate::domain::message::{Author, Content, Direction};
use crate::domain::status::MessageStatus;
use crate::store::error::StoreError;
use crate::store::messages::CONTENT;
use crate::store::seal::{Binding, MerchantKeys};

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The message.
    pub id: MessageId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// Which way it went.
    pub direction: Direction,
    /// Who wrote it.
    pub author: Author,
    /// The person, where one of the merchant's wrote it.
    pub author_user_id: Option<UserId>,
    /// The type.
    pub kind: String,
    /// What it says; none once erased.
    pub content: Option<Content>,
    /// The platform's id.
    pub platform_id: Option<String>,
    /// The platform's id of what it answers.
    pub reply_to: Option<String>,
    /// An order number or the like.
    pub reference: Option<String>,
    /// What is known of its fate.
    pub status: MessageStatus,
    /// Since when.
    pub status_at: DateTime<Utc>,
    /// Why it failed, in the platform's words.
    pub error: Option<Value>,
    /// Inbound: the platform's time. Outbound: when it was queued.
    pub written_at: DateTime<Utc>,
    /// Inbound: when the ingress had it.
    pub received_at: Option<DateTime<Utc>>,
}

/// Puts a page into the order in which it is read. Pages follow the ids, which carry the platform's
/// time; that tells the second at best, and what one second holds is read in the order it arrived.
pub fn in_reading_order(page: &mut [Message]) {
    page.sort_by_key(|message| (message.written_at, message.received_at));
}

/// Selects whole rows of messages with the given end of the statement.
macro_rules! select {
    ($conn:expr, $tail:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select id, conversation_id, direction, author, author_user_id, kind, content, platform_id, reply_to,
                      reference, status::text as "status!", error, written_at, received_at, accepted_at,
                      delivered_at, read_at, played_at, failed_at
               from messages
               where merchant_id = $1 and conversation_id = $2 and "# + $tail,
            $($argument),*
        )
        .fetch_all($conn)
        .await
    };
}

/// The oldest messages after `after`, oldest first.
pub async fn after(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    conversation: ConversationId,
    after: Option<MessageId>,
    take: i64,
) -> Result<Vec<Message>, StoreError> {
    let after = after.map(Uuid::from).unwrap_or_default();
    let rows = select!(conn, "id > $3 order by id limit $4", merchant.0, conversation.0, after, take)?;
    rows.into_iter().map(|row| row.read(keys)).collect()
}

/// The latest messages before `before`, oldest first.
pub async fn before(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    conversation: ConversationId,
    before: Option<MessageId>,
    take: i64,
) -> Result<Vec<Message>, StoreError> {
    let before = before.map_or_else(Uuid::max, Uuid::from);
    let rows = select!(conn, "id < $3 order by id desc limit $4", merchant.0, conversation.0, before, take)?;
    rows.into_iter().rev().map(|row| row.read(keys)).collect()
}

/// Messages of a conversation, oldest first.
pub async fn of_ids(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    conversation: ConversationId,
    ids: &[MessageId],
) -> Result<Vec<Message>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = select!(conn, "id = any($3) order by id", merchant.0, conversation.0, &ids)?;
    rows.into_iter().map(|row| row.read(keys)).collect()
}

/// The platform's id of the message of a conversation that `given` names, by our id or the platform's.
pub async fn platform_id(
    conn: &mut PgConnection,
    merchant: MerchantId,
    conversation: ConversationId,
    given: &str,
) -> Result<Option<String>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select platform_id as "platform_id!" from messages
           where merchant_id = $1 and conversation_id = $2 and platform_id is not null
             and (platform_id = $3 or id = $4)
           limit 1"#,
        merchant.0,
        conversation.0,
        given,
        Uuid::parse_str(given).ok()
    )
    .fetch_optional(conn)
    .await?;
    Ok(found)
}

/// The status of one message.
pub async fn status(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: MessageId,
) -> Result<Option<MessageStatus>, StoreError> {
    let status = sqlx::query_scalar!(
        r#"select status::text as "status!" from messages where merchant_id = $1 and id = $2"#,
        merchant.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    status.map(|status| read_status(&status)).transpose()
}

struct Row {
    id: Uuid,
    conversation_id: Uuid,
    direction: String,
    author: String,
    author_user_id: Option<Uuid>,
    kind: String,
    content: Option<Vec<u8>>,
    platform_id: Option<String>,
    reply_to: Option<String>,
    reference: Option<String>,
    status: String,
    error: Option<Value>,
    written_at: DateTime<Utc>,
    received_at: Option<DateTime<Utc>>,
    accepted_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
    read_at: Option<DateTime<Utc>>,
    played_at: Option<DateTime<Utc>>,
    failed_at: Option<DateTime<Utc>>,
}

impl Row {
    fn read(self, keys: &MerchantKeys) -> Result<Message, StoreError> {
        let status = read_status(&self.status)?;
        let status_at = self.status_at(status);
        let content = match &self.content {
            None => None,
            Some(sealed) => {
                let opened = keys.open(Binding::new(CONTENT, self.id), sealed)?;
                Some(serde_json::from_slice(&opened).map_err(corrupt)?)
            }
        };
        Ok(Message {
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            direction: self.direction.parse().map_err(corrupt)?,
            author: self.author.parse().map_err(corrupt)?,
            author_user_id: self.author_user_id.map(UserId),
            kind: self.kind,
            content,
            platform_id: self.platform_id,
            reply_to: self.reply_to,
            reference: self.reference,
            status,
            status_at,
            error: self.error,
            written_at: self.written_at,
            received_at: self.received_at,
        })
    }

    /// The time of the status; where the platform never told it, that of the step before.
    fn status_at(&self, status: MessageStatus) -> DateTime<Utc> {
        let accepted = self.accepted_at.or(self.received_at).unwrap_or(self.written_at);
        match status {
            MessageStatus::Queued | MessageStatus::Sending | MessageStatus::InDoubt | MessageStatus::Cancelled => {
                self.written_at
            }
            MessageStatus::Held | MessageStatus::Sent => accepted,
            MessageStatus::Failed => self.failed_at.unwrap_or(accepted),
            MessageStatus::Delivered => self.delivered_at.unwrap_or(accepted),
            MessageStatus::Read => self.read_at.or(self.delivered_at).unwrap_or(accepted),
            MessageStatus::Played => self.played_at.or(self.read_at).or(self.delivered_at).unwrap_or(accepted),
        }
    }
}

fn read_status(text: &str) -> Result<MessageStatus, StoreError> {
    text.parse().map_err(corrupt)
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { table: "messages", problem: error.to_string() }
}
