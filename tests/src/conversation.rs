//! What the store holds, as a reader of a thread sees it.

use serde_json::Value;
use shared::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId};
use shared::domain::message::Content;
use shared::store::messages::CONTENT;
use shared::store::messages::history::{self, Message};
use shared::store::seal::Binding;
use shared::store::{Keyring, PgPool};
use sqlx::FromRow;
use uuid::Uuid;

use crate::TestApp;

/// One stored message.
#[derive(Clone, Debug, FromRow)]
pub struct Stored {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub merchant_id: Uuid,
    /// The thread.
    pub conversation_id: Uuid,
    /// The customer.
    pub contact_id: Uuid,
    /// Which way it went.
    pub direction: String,
    /// Who wrote it.
    pub author: String,
    /// Its type.
    pub kind: String,
    /// Its status.
    pub status: String,
    /// The platform's id.
    pub platform_id: Option<String>,
    /// Why it failed.
    pub error: Option<Value>,
    content: Option<Vec<u8>>,
}

impl Stored {
    /// What it says, opened.
    pub async fn content(&self, pool: &PgPool, keyring: &Keyring) -> anyhow::Result<Content> {
        let mut conn = pool.acquire().await?;
        let keys = keyring.of(&mut conn, MerchantId(self.merchant_id)).await?;
        let sealed = self.content.as_deref().unwrap_or_default();
        let plain = keys.open(Binding::new(CONTENT, MessageId(self.id)), sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }
}

/// Every message there is, in the order of a thread.
pub async fn messages(pool: &PgPool) -> anyhow::Result<Vec<Stored>> {
    let rows = sqlx::query_as(
        "select id, merchant_id, conversation_id, contact_id, direction, author, kind, status::text as status,
                platform_id, error, content
         from messages order by id",
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// The summary of a conversation.
#[derive(Clone, Debug, FromRow)]
pub struct Summary {
    /// The conversation.
    pub id: Uuid,
    /// Open or closed.
    pub status: String,
    /// How many messages it says it holds.
    pub message_count: i64,
    /// How many it says are unread.
    pub unread_count: i32,
}

impl Summary {
    /// Its id.
    pub fn conversation(&self) -> ConversationId {
        self.id.into()
    }
}

/// Every conversation there is, oldest first.
pub async fn conversations(pool: &PgPool) -> anyhow::Result<Vec<Summary>> {
    let rows =
        sqlx::query_as("select id, status, message_count, unread_count from conversations order by opened_at, id")
            .fetch_all(pool)
            .await?;
    Ok(rows)
}

/// The first conversation there is: its account, itself, its contact.
pub async fn open_thread(pool: &PgPool) -> anyhow::Result<(AccountId, ConversationId, ContactId)> {
    let (account, conversation, contact): (Uuid, Uuid, Uuid) =
        sqlx::query_as("select account_id, id, contact_id from conversations order by opened_at, id limit 1")
            .fetch_one(pool)
            .await?;
    Ok((account.into(), conversation.into(), contact.into()))
}

/// What a reader of the merchant's first conversation sees, oldest first.
pub async fn history(app: &TestApp) -> anyhow::Result<Vec<Message>> {
    let (_, conversation, _) = open_thread(&app.db).await?;
    let mut conn = app.context.pool.acquire().await?;
    let keys = app.context.keyring.of(&mut conn, app.merchant.id).await?;
    Ok(history::after(&mut conn, &keys, app.merchant.id, conversation, None, 100).await?)
}

/// How many rows `table` holds.
pub async fn count(pool: &PgPool, table: &'static str) -> anyhow::Result<i64> {
    let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    Ok(sqlx::query_scalar(sql).fetch_one(pool).await?)
}
