//! What a run left, opened.

use std::collections::HashMap;

use anyhow::Context;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use shared::domain::ids::{MerchantId, MessageId};
use shared::domain::message::Content;
use shared::store::Keyring;
use shared::store::messages::CONTENT;
use shared::store::seal::{Binding, MasterKey, MerchantKeys};
use sqlx::PgPool;
use uuid::Uuid;

use crate::load::product::MASTER_KEY;

/// What one conversation holds.
#[derive(Debug, Default)]
pub(super) struct Thread {
    /// What the customer said, in the order of an inbox, and when the ingress had it.
    pub(super) said: Vec<(String, DateTime<Utc>)>,
    /// What was queued for them, in its order, and by which message.
    pub(super) asked: Vec<(String, Uuid)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    conversation_id: Uuid,
    content: Option<Vec<u8>>,
    received_at: Option<DateTime<Utc>>,
}

/// Every conversation.
pub(super) async fn threads(db: &PgPool) -> anyhow::Result<HashMap<Uuid, Thread>> {
    let keys = keys(db).await?;
    let mut threads: HashMap<Uuid, Thread> = HashMap::new();
    let inbound: Vec<Row> = sqlx::query_as(
        "select id, conversation_id, content, received_at from messages where direction = 'inbound'
         order by written_at, received_at, id",
    )
    .fetch_all(db)
    .await?;
    for row in inbound {
        let at = row.received_at.context("an inbound message that was never received")?;
        threads.entry(row.conversation_id).or_default().said.push((words(&keys, &row)?, at));
    }
    let outbound: Vec<Row> = sqlx::query_as(
        "select q.message_id as id, q.conversation_id, m.content, m.received_at
         from queued_messages q left join messages m on m.id = q.message_id order by q.seq",
    )
    .fetch_all(db)
    .await?;
    for row in outbound {
        threads.entry(row.conversation_id).or_default().asked.push((words(&keys, &row)?, row.id));
    }
    Ok(threads)
}

async fn keys(db: &PgPool) -> anyhow::Result<std::sync::Arc<MerchantKeys>> {
    let merchant: Uuid = sqlx::query_scalar("select id from merchants").fetch_one(db).await?;
    let keyring = Keyring::new(Some(MasterKey::parse(&SecretString::from(MASTER_KEY))?));
    Ok(keyring.of(&mut *db.acquire().await?, MerchantId(merchant)).await?)
}

fn words(keys: &MerchantKeys, row: &Row) -> anyhow::Result<String> {
    let sealed = row.content.as_deref().context("a queued message without a row")?;
    let content: Content = serde_json::from_slice(&keys.open(Binding::new(CONTENT, MessageId(row.id)), sealed)?)?;
    Ok(content.text().unwrap_or_default().to_owned())
}
