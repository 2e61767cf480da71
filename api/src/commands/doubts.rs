//! `api doubts`: sends of which nobody knows whether they went, for a person to settle.

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;
use shared::config::{ConfigError, Database, Reader};
use shared::domain::clock;
use shared::domain::ids::{MerchantId, MessageId};
use shared::store::audit::{self, Actor, Entry};
use shared::store::{PgConnection, PgPool, Role, StoreError, doubts, pool};

use super::CommandConfig;

/// So many are listed at once.
const MOST: i64 = 1_000;

/// What to do about doubts.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Doubts {
    /// List them, oldest first, as a line of JSON each.
    List,
    /// Send a message again, whatever it is. The customer may get it twice.
    Resend {
        /// The message.
        id: MessageId,
    },
    /// Count a message as failed.
    GiveUp {
        /// The message.
        id: MessageId,
    },
}

/// Where doubts are.
#[derive(Debug)]
pub struct DoubtsConfig {
    database: Database,
}

impl CommandConfig for DoubtsConfig {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let database = Database::read(read);
        read.finish(|| Some(Self { database: database? }))
    }
}

/// Does it and prints what came of it.
pub async fn doubts(config: DoubtsConfig, command: Doubts) -> anyhow::Result<()> {
    let workers = pool::open(&Database { pool: 1, ..config.database }, Role::Worker, "api doubts")?;
    for line in settle_doubts(&workers, command).await? {
        super::print(&line);
    }
    Ok(())
}

/// Does it; gives the lines to print.
pub async fn settle_doubts(workers: &PgPool, command: Doubts) -> anyhow::Result<Vec<String>> {
    let mut transaction = workers.begin().await?;
    let lines = match command {
        Doubts::List => list(&mut transaction).await?,
        Doubts::Resend { id } => {
            let (merchant, account) =
                doubts::resend(&mut transaction, None, id).await?.context("it is not in doubt")?;
            note(&mut transaction, merchant, id, "message.resent").await?;
            vec![json!({ "messageId": id, "accountId": account, "is": "queued" }).to_string()]
        }
        Doubts::GiveUp { id } => {
            let merchant =
                doubts::give_up(&mut transaction, None, id, clock::now()).await?.context("it is not in doubt")?;
            note(&mut transaction, merchant, id, "message.given_up").await?;
            vec![json!({ "messageId": id, "is": "failed" }).to_string()]
        }
    };
    transaction.commit().await?;
    Ok(lines)
}

async fn list(conn: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let doubts = doubts::list(conn, None, None, 0, MOST).await?;
    let line = |doubt: doubts::Doubt| {
        json!({
            "messageId": doubt.message_id,
            "merchantId": doubt.merchant_id,
            "accountId": doubt.account_id,
            "conversationId": doubt.conversation_id,
            "attempt": doubt.attempt,
            "since": doubt.since,
            "mayBeSentAgainByItself": doubt.may_resend,
            "forAPersonSince": doubt.for_a_person_since,
        })
        .to_string()
    };
    Ok(doubts.into_iter().map(line).collect())
}

async fn note(
    conn: &mut PgConnection,
    merchant_id: MerchantId,
    id: MessageId,
    action: &'static str,
) -> Result<(), StoreError> {
    let entry = Entry {
        merchant_id,
        actor: Actor::System,
        action,
        entity: "message",
        entity_id: id.0,
        before: Some(json!({ "status": "in_doubt" })),
        after: None,
        at: clock::now(),
    };
    audit::record(conn, &entry).await
}
