//! Statuses: the ladder in SQL. However late, doubled or shuffled they come, a message ends where it belongs.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::identity::Identity;
use crate::domain::ids::{AccountId, MerchantId, MessageId};
use crate::domain::status::MessageStatus;
use crate::store::error::StoreError;
use crate::store::identities_learned::{self, Lessons};
use crate::store::messages::climb::{self, Step};
use crate::store::messages::reactions;

pub use crate::store::messages::climb::FailedMessage;

/// News of one message.
#[derive(Clone, Debug)]
pub struct News {
    /// Whose.
    pub merchant_id: MerchantId,
    /// Which account sent it.
    pub account_id: AccountId,
    /// The platform's id of the message.
    pub platform_id: String,
    /// Our own id of it, where the platform gave it back.
    pub message_id: Option<MessageId>,
    /// Which attempt at sending it is meant, likewise.
    pub attempt: Option<u32>,
    /// The status reached.
    pub status: MessageStatus,
    /// When.
    pub at: DateTime<Utc>,
    /// The platform's reason.
    pub error: Option<Value>,
    /// The platform's pricing object.
    pub pricing: Option<Value>,
    /// The addresses of the customer that the news name.
    pub recipient: Vec<Identity>,
}

/// What news did.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Messages that changed.
    pub changed: u64,
    /// News of messages that Loa did not send; kept aside.
    pub orphans: u64,
    /// Messages that failed by this news: they had not before, and were not delivered.
    pub failed: Vec<FailedMessage>,
    /// Accounts with conversations that may go on: the message before was still being sent.
    pub unblocked: Vec<AccountId>,
}

/// Applies `news`, in any order, any number of times.
pub async fn apply(conn: &mut PgConnection, news: &[News]) -> Result<Applied, StoreError> {
    let targets = find(conn, news).await?;
    let mut steps: BTreeMap<MessageId, Step> = BTreeMap::new();
    let mut lessons = Lessons::default();
    let mut orphans = Vec::new();
    for one in news {
        match targets.target(one) {
            Some(id) => {
                steps.entry(id).or_default().add(one);
                lessons.add(id, &one.recipient);
            }
            None => orphans.push(one),
        }
    }
    let climbed = climb::climb(conn, &steps).await?;
    // An answer that was lost is made up for.
    reactions::sent(conn, &climbed.reactions).await?;
    let unblocked = climb::settle(conn, &steps, &climbed.changed).await?;
    identities_learned::learn(conn, &lessons).await?;
    keep_orphans(conn, &orphans).await?;
    Ok(Applied {
        changed: climbed.changed.len() as u64,
        orphans: orphans.len() as u64,
        failed: climbed.failed,
        unblocked,
    })
}

/// The messages that news may mean.
struct Targets {
    by_id: HashMap<MessageId, AccountId>,
    by_platform_id: HashMap<(AccountId, String), MessageId>,
}

impl Targets {
    /// Our own field is believed where it names a message of the same account.
    fn target(&self, news: &News) -> Option<MessageId> {
        let ours = news.message_id.filter(|id| self.by_id.get(id) == Some(&news.account_id));
        ours.or_else(|| self.by_platform_id.get(&(news.account_id, news.platform_id.clone())).copied())
    }
}

async fn find(conn: &mut PgConnection, news: &[News]) -> Result<Targets, StoreError> {
    let ids: Vec<Uuid> = news.iter().filter_map(|one| one.message_id).map(Uuid::from).collect();
    let platform_ids: Vec<String> =
        news.iter().filter(|one| one.message_id.is_none()).map(|one| one.platform_id.clone()).collect();
    let mut targets = Targets { by_id: HashMap::new(), by_platform_id: HashMap::new() };
    if let (Some(least), Some(greatest)) = (ids.iter().min(), ids.iter().max()) {
        let rows = sqlx::query!(
            "select id, account_id from messages
             where id = any($1) and id between $2 and $3 and direction = 'outbound'",
            &ids,
            least,
            greatest
        )
        .fetch_all(&mut *conn)
        .await?;
        targets.by_id = rows.into_iter().map(|row| (row.id.into(), row.account_id.into())).collect();
    }
    if !platform_ids.is_empty() {
        let rows = sqlx::query!(
            r#"select id, account_id, platform_id as "platform_id!" from messages
               where platform_id = any($1) and direction = 'outbound'"#,
            &platform_ids
        )
        .fetch_all(conn)
        .await?;
        targets.by_platform_id =
            rows.into_iter().map(|row| ((row.account_id.into(), row.platform_id), row.id.into())).collect();
    }
    Ok(targets)
}

async fn keep_orphans(conn: &mut PgConnection, orphans: &[&News]) -> Result<(), StoreError> {
    if orphans.is_empty() {
        return Ok(());
    }
    let mut sorted = orphans.to_vec();
    sorted.sort_unstable_by(|a, b| {
        (a.account_id, &a.platform_id, a.status).cmp(&(b.account_id, &b.platform_id, b.status))
    });
    let merchants: Vec<Uuid> = sorted.iter().map(|one| one.merchant_id.0).collect();
    let accounts: Vec<Uuid> = sorted.iter().map(|one| one.account_id.0).collect();
    let platform_ids: Vec<String> = sorted.iter().map(|one| one.platform_id.clone()).collect();
    let statuses: Vec<String> = sorted.iter().map(|one| one.status.as_str().to_owned()).collect();
    let errors: Vec<Option<Value>> = sorted.iter().map(|one| one.error.clone()).collect();
    let times: Vec<DateTime<Utc>> = sorted.iter().map(|one| one.at).collect();
    sqlx::query!(
        "insert into orphan_statuses (merchant_id, account_id, platform_id, status, error, at)
         select merchant_id, account_id, platform_id, status::message_status, error, at
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[])
              as new (merchant_id, account_id, platform_id, status, error, at)
         on conflict do nothing",
        &merchants,
        &accounts,
        &platform_ids,
        &statuses,
        &errors as &[Option<Value>],
        &times
    )
    .execute(conn)
    .await?;
    Ok(())
}
