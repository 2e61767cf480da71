//! Statuses: the ladder in SQL. However late, doubled or shuffled they come, a message ends where it belongs.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, MerchantId, MessageId};
use crate::domain::status::MessageStatus;
use crate::store::error::StoreError;

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
    /// The status reached.
    pub status: MessageStatus,
    /// When.
    pub at: DateTime<Utc>,
    /// The platform's reason.
    pub error: Option<Value>,
    /// The platform's pricing object.
    pub pricing: Option<Value>,
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
}

/// A message that a status failed.
#[derive(Clone, Debug)]
pub struct FailedMessage {
    /// The message.
    pub message_id: MessageId,
    /// The whole reason, as the message's row keeps it.
    pub error: Option<Value>,
}

/// Applies `news`, in any order, any number of times.
pub async fn apply(conn: &mut PgConnection, news: &[News]) -> Result<Applied, StoreError> {
    let targets = find(conn, news).await?;
    let mut steps: BTreeMap<MessageId, Step> = BTreeMap::new();
    let mut orphans = Vec::new();
    for one in news {
        match targets.target(one) {
            Some(id) => steps.entry(id).or_default().add(one),
            None => orphans.push(one),
        }
    }
    let (changed, failed) = climb(conn, &steps).await?;
    keep_orphans(conn, &orphans).await?;
    Ok(Applied { changed, orphans: orphans.len() as u64, failed })
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

/// All news of one message folded into one step.
#[derive(Default)]
struct Step {
    status: Option<MessageStatus>,
    platform_id: Option<String>,
    accepted_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
    read_at: Option<DateTime<Utc>>,
    played_at: Option<DateTime<Utc>>,
    failed_at: Option<DateTime<Utc>>,
    error: Option<Value>,
    pricing: Option<Value>,
}

impl Step {
    fn add(&mut self, news: &News) {
        self.status = self.status.max(Some(news.status));
        self.platform_id.get_or_insert_with(|| news.platform_id.clone());
        let moment = match news.status {
            MessageStatus::Delivered => &mut self.delivered_at,
            MessageStatus::Read => &mut self.read_at,
            MessageStatus::Played => &mut self.played_at,
            MessageStatus::Failed => &mut self.failed_at,
            _ => &mut self.accepted_at,
        };
        *moment = Some(moment.map_or(news.at, |earlier| earlier.min(news.at)));
        self.error = news.error.clone().or(self.error.take());
        self.pricing = news.pricing.clone().or(self.pricing.take());
    }
}

async fn climb(
    conn: &mut PgConnection,
    steps: &BTreeMap<MessageId, Step>,
) -> Result<(u64, Vec<FailedMessage>), StoreError> {
    let ids: Vec<Uuid> = steps.keys().map(|id| id.0).collect();
    let (Some(least), Some(greatest)) = (ids.first().copied(), ids.last().copied()) else {
        return Ok((0, Vec::new()));
    };
    let rows = sqlx::query!(
        r#"with locked as (
               select id, status from messages where id = any($1) and id between $11 and $12 order by id for no key update
           )
           update messages m
           set status = greatest(m.status, new.status::message_status),
               platform_id = coalesce(m.platform_id, new.platform_id),
               accepted_at = least(m.accepted_at, new.accepted_at),
               delivered_at = least(m.delivered_at, new.delivered_at),
               read_at = least(m.read_at, new.read_at),
               played_at = least(m.played_at, new.played_at),
               failed_at = least(m.failed_at, new.failed_at),
               error = coalesce(new.error, m.error),
               pricing = coalesce(new.pricing, m.pricing)
           from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
                       $7::timestamptz[], $8::timestamptz[], $9::jsonb[], $10::jsonb[])
                as new (id, status, platform_id, accepted_at, delivered_at, read_at, played_at, failed_at,
                        error, pricing)
           join locked on locked.id = new.id
           where m.id = new.id and m.id between $11 and $12
             and (m.status < new.status::message_status
                  or (m.platform_id is null and new.platform_id is not null)
                  or (m.accepted_at is null and new.accepted_at is not null)
                  or (m.delivered_at is null and new.delivered_at is not null)
                  or (m.read_at is null and new.read_at is not null)
                  or (m.failed_at is null and new.failed_at is not null)
                  or (m.pricing is null and new.pricing is not null)
                  or (m.error is null and new.error is not null))
           returning m.id, m.error, m.status = 'failed' and locked.status < 'failed' as "has_failed!""#,
        &ids,
        &column(steps, |step| step.status.unwrap_or(MessageStatus::Sent).as_str().to_owned()),
        &column(steps, |step| step.platform_id.clone()) as &[Option<String>],
        &column(steps, |step| step.accepted_at) as &[Option<DateTime<Utc>>],
        &column(steps, |step| step.delivered_at) as &[Option<DateTime<Utc>>],
        &column(steps, |step| step.read_at) as &[Option<DateTime<Utc>>],
        &column(steps, |step| step.played_at) as &[Option<DateTime<Utc>>],
        &column(steps, |step| step.failed_at) as &[Option<DateTime<Utc>>],
        &column(steps, |step| step.error.clone()) as &[Option<Value>],
        &column(steps, |step| step.pricing.clone()) as &[Option<Value>],
        least,
        greatest
    )
    .fetch_all(&mut *conn)
    .await?;
    // The platform has it: what still waits to try it again must not.
    let changed: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    sqlx::query!(
        "with settled as (delete from doubts where message_id = any($1))
         delete from outbox where message_id = any($1) and state = 'waiting'",
        &changed
    )
    .execute(conn)
    .await?;
    let failed = rows.into_iter().filter(|row| row.has_failed);
    let failed = failed.map(|row| FailedMessage { message_id: row.id.into(), error: row.error }).collect();
    Ok((changed.len() as u64, failed))
}

fn column<T>(steps: &BTreeMap<MessageId, Step>, value: impl Fn(&Step) -> T) -> Vec<T> {
    steps.values().map(value).collect()
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
