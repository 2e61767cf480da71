//! Statuses: the ladder in SQL. However late, doubled or shuffled they come, a message ends where it belongs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::identity::Identity;
use crate::domain::ids::{AccountId, ContactId, MerchantId, MessageId};
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
    /// Customers whom a message reached, by news that name it as ours.
    pub reached: BTreeSet<ContactId>,
    /// Of each account, when the platform was called for the latest message that such news speak of.
    pub confirmed: BTreeMap<AccountId, DateTime<Utc>>,
}

/// Applies `news`, in any order, any number of times.
pub async fn apply(conn: &mut PgConnection, news: &[News]) -> Result<Applied, StoreError> {
    let targets = Targets::lock(conn, news).await?;
    let mut steps: BTreeMap<MessageId, Step> = BTreeMap::new();
    let mut lessons = Lessons::default();
    let mut orphans = Vec::new();
    let mut applied = Applied::default();
    for one in news {
        let Some((id, target)) = targets.target(one) else {
            orphans.push(one);
            continue;
        };
        steps.entry(id).or_default().add(one);
        lessons.add(one.merchant_id, target.contact_id, &one.recipient);
        if one.message_id == Some(id) {
            applied.follow(one, target);
        }
    }
    let climbed = climb::climb(conn, &steps, |id| targets.is_below_failed(id)).await?;
    // An answer that was lost is made up for.
    reactions::sent(conn, &climbed.reactions).await?;
    applied.unblocked = climb::settle(conn, &steps, &climbed.changed).await?;
    identities_learned::learn(conn, &lessons).await?;
    keep_orphans(conn, &orphans).await?;
    applied.changed = climbed.changed.len() as u64;
    applied.orphans = orphans.len() as u64;
    applied.failed = climbed.failed;
    Ok(applied)
}

impl Applied {
    fn follow(&mut self, news: &News, target: &Target) {
        if matches!(news.status, MessageStatus::Delivered | MessageStatus::Read | MessageStatus::Played) {
            self.reached.insert(target.contact_id);
        }
        if let Some(at) = target.attempted_at {
            let latest = self.confirmed.entry(target.account_id).or_insert(at);
            *latest = at.max(*latest);
        }
    }
}

/// A message that news may mean, as its row stands.
struct Target {
    account_id: AccountId,
    contact_id: ContactId,
    status: MessageStatus,
    attempted_at: Option<DateTime<Utc>>,
}

/// The messages that news may mean. They are locked, so they stand like this until the transaction ends.
struct Targets {
    by_id: HashMap<MessageId, Target>,
    by_platform_id: HashMap<(AccountId, String), MessageId>,
}

impl Targets {
    /// Locks them all by one statement, in the order of their ids: who locks some, and others later, may wait
    /// for somebody who waits for them.
    async fn lock(conn: &mut PgConnection, news: &[News]) -> Result<Self, StoreError> {
        let by_platform_id = named_by_platform(conn, news).await?;
        let named = news.iter().filter_map(|one| one.message_id).chain(by_platform_id.values().copied());
        let ids: BTreeSet<Uuid> = named.map(Uuid::from).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let (Some(least), Some(greatest)) = (ids.first(), ids.last()) else {
            return Ok(Self { by_id: HashMap::new(), by_platform_id });
        };
        let rows = sqlx::query!(
            r#"select id, account_id, contact_id, status::text as "status!", attempted_at from messages
               where id = any($1) and id between $2 and $3 and direction = 'outbound'
               order by id for no key update"#,
            &ids,
            least,
            greatest
        )
        .fetch_all(conn)
        .await?;
        let read = |status: &str| {
            status.parse().map_err(|error| StoreError::Corrupt { table: "messages", problem: format!("{error}") })
        };
        let by_id = rows.into_iter().map(|row| {
            let target = Target {
                account_id: row.account_id.into(),
                contact_id: row.contact_id.into(),
                status: read(&row.status)?,
                attempted_at: row.attempted_at,
            };
            Ok((row.id.into(), target))
        });
        Ok(Self { by_id: by_id.collect::<Result<_, StoreError>>()?, by_platform_id })
    }

    /// Our own field is believed where it names a message of the same account.
    fn target(&self, news: &News) -> Option<(MessageId, &Target)> {
        let ours = news.message_id.filter(|id| self.is_of(*id, news.account_id));
        let named = || self.by_platform_id.get(&(news.account_id, news.platform_id.clone())).copied();
        let id = ours.or_else(named)?;
        Some((id, self.by_id.get(&id)?))
    }

    fn is_of(&self, id: MessageId, account: AccountId) -> bool {
        self.by_id.get(&id).is_some_and(|target| target.account_id == account)
    }

    fn is_below_failed(&self, id: MessageId) -> bool {
        self.by_id.get(&id).is_some_and(|target| target.status < MessageStatus::Failed)
    }
}

/// The messages of news that do not bear our own field.
async fn named_by_platform(
    conn: &mut PgConnection,
    news: &[News],
) -> Result<HashMap<(AccountId, String), MessageId>, StoreError> {
    let platform_ids: Vec<String> =
        news.iter().filter(|one| one.message_id.is_none()).map(|one| one.platform_id.clone()).collect();
    if platform_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"select id, account_id, platform_id as "platform_id!" from messages
           where platform_id = any($1) and direction = 'outbound'"#,
        &platform_ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.account_id.into(), row.platform_id), row.id.into())).collect())
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
