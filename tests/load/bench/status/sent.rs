//! Messages that were sent: rows of one account, as they stand before anything is told of them.

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::clock;
use shared::domain::ids::MessageId;
use sqlx::PgPool;
use uuid::{Builder, Uuid};

use super::told::{self, Told};
use crate::customers::Customers;

/// Messages, each to a customer of its own.
pub(super) const MESSAGES: usize = 70_000;
/// Sealed content of a short text has so many bytes.
const CONTENT_BYTES: usize = 160;

/// What was sent, and to whom.
pub(super) struct Sent {
    pub(super) customers: Customers,
    pub(super) messages: Vec<Message>,
    db: PgPool,
}

/// One message.
pub(super) struct Message {
    pub(super) id: MessageId,
    pub(super) platform_id: String,
    /// The place of its customer.
    pub(super) thread: usize,
    pub(super) accepted_at: DateTime<Utc>,
}

impl Sent {
    /// Customers and the table from which the messages are copied; [`restore`](Self::restore) copies them.
    pub(super) async fn prepare(db: PgPool) -> anyhow::Result<Self> {
        let customers = Customers::fill(&db, MESSAGES).await?;
        let began = clock::now() - TimeDelta::minutes(20);
        let messages: Vec<Message> = (0..MESSAGES).map(|number| Message::numbered(number, began)).collect();
        let sent = Self { customers, messages, db };
        sent.keep().await?;
        Ok(sent)
    }

    async fn keep(&self) -> anyhow::Result<()> {
        let ids: Vec<Uuid> = self.messages.iter().map(|message| message.id.0).collect();
        let platform_ids: Vec<&str> = self.messages.iter().map(|message| message.platform_id.as_str()).collect();
        let times: Vec<DateTime<Utc>> = self.messages.iter().map(|message| message.accepted_at).collect();
        let threads = || self.messages.iter().map(|message| &self.customers.threads[message.thread]);
        let conversations: Vec<Uuid> = threads().map(|thread| thread.conversation.0).collect();
        let contacts: Vec<Uuid> = threads().map(|thread| thread.contact.0).collect();
        sqlx::raw_sql("create table bench_sent (like messages including defaults)").execute(&self.db).await?;
        sqlx::query(
            "insert into bench_sent (id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind,
                                     content, platform_id, status, written_at, accepted_at, attempted_at, attempts)
             select id, $6, $7, conversation, contact, 'outbound', 'campaign', 'template',
                    decode(repeat('5a', $8), 'hex'), platform_id, 'sent', at - interval '1 s', at,
                    at - interval '100 ms', 1
             from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::uuid[], $5::uuid[])
                  as one (id, platform_id, at, conversation, contact)
             order by id",
        )
        .bind(&ids)
        .bind(&platform_ids)
        .bind(&times)
        .bind(&conversations)
        .bind(&contacts)
        .bind(self.customers.merchant.0)
        .bind(self.customers.account.0)
        .bind(i32::try_from(CONTENT_BYTES)?)
        .execute(&self.db)
        .await?;
        Ok(())
    }

    /// Puts the messages where they were before anything was told of them.
    pub(super) async fn restore(&self) -> anyhow::Result<()> {
        sqlx::raw_sql(
            "truncate messages, outbox, doubts, status_flow, orphan_statuses;
             insert into messages select * from bench_sent order by id",
        )
        .execute(&self.db)
        .await?;
        sqlx::raw_sql("vacuum analyze messages").execute(&self.db).await?;
        sqlx::raw_sql("checkpoint").execute(&self.db).await?;
        Ok(())
    }

    /// Keeps, beside the messages, where each has to stand once all of `told` is applied.
    pub(super) async fn expect(&self, told: &[Told]) -> anyhow::Result<()> {
        let ends = told::folded(self, told);
        let ids: Vec<Uuid> = ends.keys().copied().collect();
        let statuses: Vec<&str> = ends.values().map(|end| end.status.as_str()).collect();
        let accepted: Vec<Option<DateTime<Utc>>> = ends.values().map(|end| end.accepted_at).collect();
        let delivered: Vec<Option<DateTime<Utc>>> = ends.values().map(|end| end.delivered_at).collect();
        let read: Vec<Option<DateTime<Utc>>> = ends.values().map(|end| end.read_at).collect();
        sqlx::query(
            "create table bench_expected (id uuid primary key, status message_status, accepted_at timestamptz,
                                          delivered_at timestamptz, read_at timestamptz)",
        )
        .execute(&self.db)
        .await?;
        sqlx::query(
            "insert into bench_expected
             select id, status::message_status, accepted_at, delivered_at, read_at
             from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
                  as one (id, status, accepted_at, delivered_at, read_at)",
        )
        .bind(&ids)
        .bind(&statuses)
        .bind(&accepted)
        .bind(&delivered)
        .bind(&read)
        .execute(&self.db)
        .await?;
        Ok(())
    }

    /// Messages that do not stand where they should, in any of status, moments and price.
    pub(super) async fn astray(&self) -> anyhow::Result<i64> {
        let astray: i64 = sqlx::query_scalar(
            "select count(*) from bench_expected e
             full join messages m on m.id = e.id
             left join bench_sent s on s.id = e.id
             where (m.status, m.accepted_at, m.delivered_at, m.read_at, m.pricing) is distinct from
                   (e.status, least(s.accepted_at, e.accepted_at), e.delivered_at, e.read_at, $1)",
        )
        .bind(told::pricing())
        .fetch_one(&self.db)
        .await?;
        Ok(astray)
    }

    /// The newest status that is noted for the account.
    pub(super) async fn newest(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        Ok(sqlx::query_scalar("select received_at from status_flow").fetch_optional(&self.db).await?)
    }

    /// Kept statuses that found no message.
    pub(super) async fn orphans(&self) -> anyhow::Result<i64> {
        Ok(sqlx::query_scalar("select count(*) from orphan_statuses").fetch_one(&self.db).await?)
    }

    pub(super) async fn close(self) {
        self.db.close().await;
    }
}

impl Message {
    /// Sixty a second since `began`, as a fast campaign sends.
    fn numbered(number: usize, began: DateTime<Utc>) -> Self {
        let accepted_at = began + TimeDelta::milliseconds(i64::try_from(number).unwrap_or(0) * 16 + 300);
        let millis = u64::try_from(accepted_at.timestamp_millis() - 1_000).unwrap_or(0);
        let random: [u8; 10] = std::array::from_fn(|_| rand::random());
        Self {
            id: MessageId(Builder::from_unix_timestamp_millis(millis, &random).into_uuid()),
            platform_id: format!("wamid.HBgLODQ5MDAwMDAwMDAVAgARGBI5{number:020}AA=="),
            thread: number,
            accepted_at,
        }
    }
}
