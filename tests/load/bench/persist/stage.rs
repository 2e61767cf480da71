//! The stage of the turns: a database and queues of their own, one merchant, one number.

use std::time::Duration;

use anyhow::Context;
use futures::{StreamExt, TryStreamExt};
use secrecy::SecretString;
use shared::broker::{Broker, BrokerConfig, Metrics, Outgoing};
use shared::domain::ids::{ContactId, ConversationId};
use sqlx::PgPool;
use tests::load::{Database, Name, Product, Queues, Setup};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::events::phone;

const PREFIX: &str = "bench-persist.";
/// Messages of the broker in flight at a time while events are stored up.
const IN_FLIGHT: usize = 32;
/// What was just written settles, in the broker and in PostgreSQL.
const SETTLE: Duration = Duration::from_secs(2);

/// Everything that a turn needs but its load.
pub(super) struct Stage {
    pub(super) database: Database,
    pub(super) product: Product,
    pub(super) queues: Queues,
    /// Sees every row.
    pub(super) db: PgPool,
    broker: Broker,
    hang_up: CancellationToken,
    tasks: TaskTracker,
    account: Uuid,
    merchant: Uuid,
}

/// A customer that is there before the turn begins, with their thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    contact: ContactId,
    thread: ConversationId,
}

impl Known {
    /// So many.
    pub(super) fn some(count: usize) -> Vec<Self> {
        (0..count).map(|_| Self { contact: ContactId::new(), thread: ConversationId::new() }).collect()
    }
}

impl Stage {
    pub(super) async fn set(setup: &Setup) -> anyhow::Result<Self> {
        let queues = Queues::open(&setup.rabbitmq_url, PREFIX).await?;
        // An earlier run that failed may have left its own.
        queues.remove().await?;
        let database = Database::fresh(setup, "loa_bench_persist").await?;
        let own =
            [("DATABASE_URL", database.login()), ("DATABASE_ADMIN_URL", database.admin()), ("RABBITMQ_PREFIX", PREFIX)];
        let product = Product::new(setup, "bench-persist", &[Name::Persist], &own)?;
        product.command(&["migrate"]).await?;
        let seed = product.logs().join("seed.json");
        product.command(&["seed-demo", "--out", seed.to_str().context("the path of the logs is no text")?]).await?;
        let db = database.open().await?;
        let (account, merchant) =
            sqlx::query_as("update accounts set auto_reply_enabled = false returning id, merchant_id")
                .fetch_one(&db)
                .await?;
        let (tasks, hang_up) = (TaskTracker::new(), CancellationToken::new());
        let config = BrokerConfig {
            url: SecretString::from(setup.rabbitmq_url.as_str()),
            prefix: PREFIX.to_owned(),
            connection_name: "bench".to_owned(),
            expires: None,
        };
        let broker = Broker::start(&config, Metrics::register(&prometheus::Registry::new())?, &tasks, &hang_up)?;
        broker.connected().await?;
        Ok(Self { database, product, queues, db, broker, hang_up, tasks, account, merchant })
    }

    /// Nothing but `known` is there, and nothing is left to be flushed.
    pub(super) async fn clear(&self, known: &[Known]) -> anyhow::Result<()> {
        sqlx::query("truncate messages, conversations, identities, former_addresses, contacts cascade")
            .execute(&self.db)
            .await?;
        self.seed(known).await?;
        for statement in ["vacuum analyze contacts, identities, conversations, messages", "checkpoint"] {
            sqlx::query(statement).execute(&self.db).await?;
        }
        Ok(())
    }

    /// They wrote yesterday.
    async fn seed(&self, known: &[Known]) -> anyhow::Result<()> {
        let contacts: Vec<Uuid> = known.iter().map(|known| known.contact.0).collect();
        let threads: Vec<Uuid> = known.iter().map(|known| known.thread.0).collect();
        let phones: Vec<String> = (0..known.len()).map(phone).collect();
        sqlx::query(
            "with at as (select now() - interval '1 day' as at), people as (
                 insert into contacts (id, merchant_id, display_name, first_interaction_at, last_interaction_at)
                 select id, $4, 'Load', at, at from unnest($1::uuid[]) as id, at
             ), addresses as (
                 insert into identities (merchant_id, kind, value, scope, contact_id)
                 select $4, 'phone', value, '00000000-0000-0000-0000-000000000000', id
                 from unnest($1::uuid[], $3::text[]) as one (id, value)
             )
             insert into conversations (id, merchant_id, account_id, contact_id, opened_at, last_inbound_at,
                                        last_message_at)
             select thread, $4, $5, contact, at, at, at from unnest($1::uuid[], $2::uuid[]) as one (contact, thread), at",
        )
        .bind(contacts)
        .bind(threads)
        .bind(phones)
        .bind(self.merchant)
        .bind(self.account)
        .execute(&self.db)
        .await?;
        Ok(())
    }

    /// Puts `envelopes` into the queue, as the ingress does.
    pub(super) async fn store_up(&self, envelopes: &[Outgoing]) -> anyhow::Result<()> {
        let publisher = self.broker.publisher();
        futures::stream::iter(envelopes)
            .map(|envelope| publisher.publish(envelope.clone()))
            .buffered(IN_FLIGHT)
            .try_collect::<()>()
            .await?;
        tokio::time::sleep(SETTLE).await;
        Ok(())
    }

    /// Removes what it made outside of this process.
    pub(super) async fn strike(self) -> anyhow::Result<()> {
        self.hang_up.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.queues.remove().await?;
        self.db.close().await;
        self.database.remove().await?;
        Ok(())
    }
}
