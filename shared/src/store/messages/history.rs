//! What was said in a conversation, contents opened.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::ids::{ConversationId, MerchantId, MessageId, UserId};
use crate::domain::message::received::Surroundings;
use crate::domain::message::{Author, Content, Direction, Said};
use crate::domain::status::MessageStatus;
use crate::store::error::StoreError;
use crate::store::media::read::FileOf;
use crate::store::messages::CONTENT;
use crate::store::messages::reactions::{self, Reaction};
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
    /// What it said first; none once erased.
    pub content: Option<Content>,
    /// What stands around it: how it was passed on, what led the customer here.
    pub surroundings: Surroundings,
    /// When whoever wrote it last changed it.
    pub edited_at: Option<DateTime<Utc>>,
    /// What it says since then; none where it was not changed, or the platform does not tell.
    pub edited: Option<Content>,
    /// When whoever wrote it took it back.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The emoji that stand on it.
    pub reactions: Vec<Reaction>,
    /// What became of its files, by their place in it.
    pub files: Vec<FileOf>,
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
            r#"select m.id, m.conversation_id, m.direction, m.author, m.author_user_id, m.kind, m.content,
                      m.platform_id, m.reply_to, m.reference, m.status::text as "status!", m.error, m.written_at,
                      m.received_at, m.accepted_at, m.delivered_at, m.read_at, m.played_at, m.failed_at,
                      m.edited_at, m.revoked_at,
                      edit.id as "edit_id?", edit.content as "edit_content?",
                      theirs.message_id as "their_reaction?", theirs.content as "their_emoji?", theirs.at as "their_at?",
                      ours.message_id as "our_reaction?", ours.content as "our_emoji?", ours.at as "our_at?",
                      (select jsonb_agg(jsonb_build_object('id', f.id, 'position', f.position, 'state', f.state,
                                                           'mime_type', f.mime_type, 'size', f.size, 'error', f.error))
                       from media f where f.message_id = m.id and f.merchant_id = m.merchant_id)
                          as "files: Json<Vec<FileOf>>"
               from messages m
               left join lateral (
                   select e.id, e.content from messages e
                   where m.edited_at is not null and e.kind = 'edit' and e.about = m.platform_id
                     and e.account_id = m.account_id and e.contact_id = m.contact_id and e.direction = m.direction
                   order by e.written_at desc, e.id desc limit 1
               ) edit on true
               left join reactions theirs on theirs.account_id = m.account_id and theirs.target = m.platform_id
                    and theirs.direction = 'inbound'
               left join reactions ours on ours.account_id = m.account_id and ours.target = m.platform_id
                    and ours.direction = 'outbound'
               where m.merchant_id = $1 and "# + $tail,
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
    let rows = select!(
        conn,
        "m.conversation_id = $2 and m.id > $3 order by m.id limit $4",
        merchant.0,
        conversation.0,
        after,
        take
    )?;
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
    let rows = select!(
        conn,
        "m.conversation_id = $2 and m.id < $3 order by m.id desc limit $4",
        merchant.0,
        conversation.0,
        before,
        take
    )?;
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
    let rows =
        select!(conn, "m.conversation_id = $2 and m.id = any($3) order by m.id", merchant.0, conversation.0, &ids)?;
    rows.into_iter().map(|row| row.read(keys)).collect()
}

/// Messages of any conversations, latest first.
pub async fn of_messages(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    ids: &[MessageId],
) -> Result<Vec<Message>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = select!(conn, "m.id = any($2) order by m.id desc", merchant.0, &ids)?;
    rows.into_iter().map(|row| row.read(keys)).collect()
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
    edited_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    edit_id: Option<Uuid>,
    edit_content: Option<Vec<u8>>,
    their_reaction: Option<Uuid>,
    their_emoji: Option<Vec<u8>>,
    their_at: Option<DateTime<Utc>>,
    our_reaction: Option<Uuid>,
    our_emoji: Option<Vec<u8>>,
    our_at: Option<DateTime<Utc>>,
    files: Option<Json<Vec<FileOf>>>,
}

impl Row {
    fn read(self, keys: &MerchantKeys) -> Result<Message, StoreError> {
        let status = read_status(&self.status)?;
        let status_at = self.status_at(status);
        let said = said(keys, self.id, self.content.as_deref())?;
        let edited = match self.edit_id {
            Some(edit) => said_by_edit(keys, edit, self.edit_content.as_deref())?,
            None => None,
        };
        let theirs = (Direction::Inbound, self.their_reaction, &self.their_emoji, self.their_at);
        let ours = (Direction::Outbound, self.our_reaction, &self.our_emoji, self.our_at);
        let mut reactions = Vec::new();
        for (direction, message, emoji, at) in [theirs, ours] {
            let (Some(message), Some(emoji), Some(at)) = (message, emoji, at) else {
                continue;
            };
            if let Some(emoji) = reactions::open(keys, message, emoji)? {
                reactions.push(Reaction { direction, emoji, at });
            }
        }
        let (content, surroundings) = said.map(|said| (said.content, said.surroundings)).unzip();
        Ok(Message {
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            direction: self.direction.parse().map_err(corrupt)?,
            author: self.author.parse().map_err(corrupt)?,
            author_user_id: self.author_user_id.map(UserId),
            kind: self.kind,
            content,
            surroundings: surroundings.unwrap_or_default(),
            edited_at: self.edited_at,
            edited,
            revoked_at: self.revoked_at,
            reactions,
            files: self.files.map(|files| files.0).unwrap_or_default(),
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

fn said(keys: &MerchantKeys, message: Uuid, sealed: Option<&[u8]>) -> Result<Option<Said>, StoreError> {
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let opened = keys.open(Binding::new(CONTENT, message), sealed)?;
    Ok(Some(serde_json::from_slice(&opened).map_err(corrupt)?))
}

/// What an edit makes of the message that it is about.
fn said_by_edit(keys: &MerchantKeys, edit: Uuid, sealed: Option<&[u8]>) -> Result<Option<Content>, StoreError> {
    let said = said(keys, edit, sealed)?;
    Ok(said.and_then(|said| match said.content {
        Content::Edit { content, .. } => content.map(|content| *content),
        _ => None,
    }))
}

pub(super) fn read_status(text: &str) -> Result<MessageStatus, StoreError> {
    text.parse().map_err(corrupt)
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { table: "messages", problem: error.to_string() }
}
