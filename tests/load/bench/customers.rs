//! Customers of the demo's number who are known already, each with an open conversation.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::clock;
use shared::domain::ids::{AccountId, ContactId, ConversationId, MerchantId};
use sqlx::PgPool;
use tests::load::Line;
use uuid::Uuid;

/// The demo's number and who writes to it.
#[derive(Debug)]
pub(crate) struct Customers {
    pub(crate) merchant: MerchantId,
    pub(crate) account: AccountId,
    pub(crate) phone_number_id: String,
    pub(crate) waba_id: String,
    pub(crate) threads: Vec<Thread>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) contact: ContactId,
    pub(crate) conversation: ConversationId,
    pub(crate) phone: String,
    /// The business-scoped id.
    pub(crate) bsuid: String,
}

impl Customers {
    /// Writes `count` of them beside the demo's number, which nothing answers by itself.
    pub(crate) async fn fill(db: &PgPool, count: usize) -> anyhow::Result<Self> {
        let (account, merchant, phone_number_id, waba_id): (Uuid, Uuid, String, Option<String>) = sqlx::query_as(
            "update accounts set auto_reply_enabled = false returning id, merchant_id, external_id, business_id",
        )
        .fetch_one(db)
        .await?;
        let threads: Vec<Thread> = (0..count).map(Thread::numbered).collect();
        let customers = Self {
            merchant: merchant.into(),
            account: account.into(),
            phone_number_id,
            waba_id: waba_id.context("the demo's number has no business account")?,
            threads,
        };
        customers.write(db).await?;
        Ok(customers)
    }

    /// How customer `number` writes.
    pub(crate) fn line(&self, number: usize) -> Line {
        Line {
            phone_number_id: self.phone_number_id.clone(),
            waba_id: self.waba_id.clone(),
            phone: self.threads[number % self.threads.len()].phone.clone(),
        }
    }

    async fn write(&self, db: &PgPool) -> anyhow::Result<()> {
        let contacts: Vec<Uuid> = self.threads.iter().map(|thread| thread.contact.0).collect();
        let conversations: Vec<Uuid> = self.threads.iter().map(|thread| thread.conversation.0).collect();
        let phones: Vec<&str> = self.threads.iter().map(|thread| thread.phone.as_str()).collect();
        let bsuids: Vec<&str> = self.threads.iter().map(|thread| thread.bsuid.as_str()).collect();
        let wrote: DateTime<Utc> = clock::now() - TimeDelta::hours(1);
        sqlx::query("insert into contacts (id, merchant_id) select unnest($1::uuid[]), $2")
            .bind(&contacts)
            .bind(self.merchant.0)
            .execute(db)
            .await?;
        sqlx::query(
            "insert into identities (merchant_id, kind, value, scope, contact_id)
             select $4, kind, value, '00000000-0000-0000-0000-000000000000', id
             from unnest($1::uuid[], $2::text[], $3::text[]) as one (id, phone, bsuid)
             cross join lateral (values ('phone', phone), ('bsuid', bsuid)) as address (kind, value)",
        )
        .bind(&contacts)
        .bind(&phones)
        .bind(&bsuids)
        .bind(self.merchant.0)
        .execute(db)
        .await?;
        sqlx::query(
            "insert into conversations
                 (id, merchant_id, account_id, contact_id, last_inbound_at, last_message_at, opened_at)
             select id, $3, $4, contact, $5, $5, $5 from unnest($1::uuid[], $2::uuid[]) as one (id, contact)",
        )
        .bind(&conversations)
        .bind(&contacts)
        .bind(self.merchant.0)
        .bind(self.account.0)
        .bind(wrote)
        .execute(db)
        .await?;
        Ok(())
    }
}

impl Thread {
    fn numbered(number: usize) -> Self {
        Self {
            contact: ContactId::new(),
            conversation: ConversationId::new(),
            phone: format!("8490{number:07}"),
            bsuid: format!("VN.1349{number:016}"),
        }
    }
}
