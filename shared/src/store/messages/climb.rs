//! The climb: all that a batch tells of a message is one step, taken in one statement.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId};
use crate::domain::message::Author;
use crate::domain::status::MessageStatus;
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::messages::status::News;

/// A message that a status failed.
#[derive(Clone, Debug)]
pub struct FailedMessage {
    /// The message.
    pub message_id: MessageId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// Which account sent it.
    pub account_id: AccountId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// To whom.
    pub contact_id: ContactId,
    /// Who wrote it.
    pub author: Author,
    /// The platform's code; none where it gave no reason.
    pub code: Option<i64>,
    /// The whole reason, as the message's row keeps it.
    pub error: Option<Value>,
}

/// All news of one message folded into one step.
#[derive(Default)]
pub(super) struct Step {
    status: Option<MessageStatus>,
    platform_id: Option<String>,
    /// The latest attempt that the news may be about.
    attempt: i32,
    accepted_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
    read_at: Option<DateTime<Utc>>,
    played_at: Option<DateTime<Utc>>,
    failed_at: Option<DateTime<Utc>>,
    error: Option<Value>,
    /// Each price once.
    pricing: Vec<Value>,
}

impl Step {
    pub(super) fn add(&mut self, news: &News) {
        self.status = self.status.max(Some(news.status));
        self.platform_id.get_or_insert_with(|| news.platform_id.clone());
        let attempt = news.attempt.and_then(|attempt| i32::try_from(attempt).ok());
        self.attempt = self.attempt.max(attempt.unwrap_or(i32::MAX));
        let moment = match news.status {
            MessageStatus::Delivered => &mut self.delivered_at,
            MessageStatus::Read => &mut self.read_at,
            MessageStatus::Played => &mut self.played_at,
            MessageStatus::Failed => &mut self.failed_at,
            _ => &mut self.accepted_at,
        };
        *moment = Some(moment.map_or(news.at, |earlier| earlier.min(news.at)));
        self.error = news.error.clone().or(self.error.take());
        if let Some(pricing) = news.pricing.as_ref().filter(|pricing| !self.pricing.contains(pricing)) {
            self.pricing.push(pricing.clone());
        }
    }
}

/// What climbed.
#[derive(Default)]
pub(super) struct Climbed {
    pub(super) changed: Vec<Uuid>,
    pub(super) failed: Vec<FailedMessage>,
    /// Our own reactions among them.
    pub(super) reactions: Vec<MessageId>,
}

/// Takes `steps`, whose messages are locked; the rank is in the `UPDATE` all the same, so that no status falls
/// whoever calls. `was_below_failed` says of a message whether it could fail yet.
pub(super) async fn climb(
    conn: &mut PgConnection,
    steps: &BTreeMap<MessageId, Step>,
    was_below_failed: impl Fn(MessageId) -> bool,
) -> Result<Climbed, StoreError> {
    let ids: Vec<Uuid> = steps.keys().map(|id| id.0).collect();
    let (Some(least), Some(greatest)) = (ids.first().copied(), ids.last().copied()) else {
        return Ok(Climbed::default());
    };
    let prices = richest(conn, steps).await?;
    let rows = sqlx::query!(
        r#"update messages m
           set status = greatest(m.status, new.status::message_status),
               platform_id = coalesce(m.platform_id, new.platform_id),
               accepted_at = least(m.accepted_at, new.accepted_at),
               delivered_at = least(m.delivered_at, new.delivered_at),
               read_at = least(m.read_at, new.read_at),
               played_at = least(m.played_at, new.played_at),
               failed_at = least(m.failed_at, new.failed_at),
               error = coalesce(new.error, m.error),
               pricing = case when m.pricing is null then new.pricing
                              when new.pricing is null or new.pricing = m.pricing then m.pricing
                              else richer_pricing(m.pricing, new.pricing) end
           from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
                       $7::timestamptz[], $8::timestamptz[], $9::jsonb[], $10::jsonb[])
                as new (id, status, platform_id, accepted_at, delivered_at, read_at, played_at, failed_at, error, pricing)
           where m.id = new.id and m.id = any($1) and m.id between $11 and $12
             and (m.status < new.status::message_status
                  or (m.platform_id is null and new.platform_id is not null)
                  or least(m.accepted_at, new.accepted_at) is distinct from m.accepted_at
                  or least(m.delivered_at, new.delivered_at) is distinct from m.delivered_at
                  or least(m.read_at, new.read_at) is distinct from m.read_at
                  or least(m.played_at, new.played_at) is distinct from m.played_at
                  or least(m.failed_at, new.failed_at) is distinct from m.failed_at
                  or (m.error is null and new.error is not null)
                  or (m.pricing is null and new.pricing is not null)
                  or (m.pricing <> new.pricing and richer_pricing(m.pricing, new.pricing) <> m.pricing))
           returning m.id, m.merchant_id, m.account_id, m.conversation_id, m.contact_id, m.author,
                     m.kind = 'reaction' as "is_reaction!", m.status = 'failed' as "is_failed!",
                     case when m.status = 'failed' then m.error end as error"#,
        &ids,
        &column(steps.values(), |step| step.status.unwrap_or(MessageStatus::Sent).as_str().to_owned()),
        &column(steps.values(), |step| step.platform_id.clone()) as &[Option<String>],
        &column(steps.values(), |step| step.accepted_at) as &[Option<DateTime<Utc>>],
        &column(steps.values(), |step| step.delivered_at) as &[Option<DateTime<Utc>>],
        &column(steps.values(), |step| step.read_at) as &[Option<DateTime<Utc>>],
        &column(steps.values(), |step| step.played_at) as &[Option<DateTime<Utc>>],
        &column(steps.values(), |step| step.failed_at) as &[Option<DateTime<Utc>>],
        &column(steps.values(), |step| step.error.clone()) as &[Option<Value>],
        &prices as &[Option<Value>],
        least,
        greatest
    )
    .fetch_all(conn)
    .await?;
    let mut climbed = Climbed::default();
    for row in rows {
        climbed.changed.push(row.id);
        if row.is_reaction {
            climbed.reactions.push(row.id.into());
        }
        if row.is_failed && was_below_failed(row.id.into()) {
            climbed.failed.push(FailedMessage {
                message_id: row.id.into(),
                merchant_id: row.merchant_id.into(),
                account_id: row.account_id.into(),
                conversation_id: row.conversation_id.into(),
                contact_id: row.contact_id.into(),
                author: row
                    .author
                    .parse()
                    .map_err(|error| StoreError::Corrupt { table: "messages", problem: format!("{error}") })?,
                code: row.error.as_ref().and_then(|error| error.get("code")).and_then(Value::as_i64),
                error: row.error,
            });
        }
    }
    Ok(climbed)
}

/// The price of each step. One that was told several follows the rule of `richer_pricing`, which is in SQL alone.
async fn richest(conn: &mut PgConnection, steps: &BTreeMap<MessageId, Step>) -> Result<Vec<Option<Value>>, StoreError> {
    let several = steps.iter().filter(|(_, step)| step.pricing.len() > 1);
    let told = several.flat_map(|(id, step)| step.pricing.iter().map(|pricing| (id.0, pricing.clone())));
    let (ids, told): (Vec<Uuid>, Vec<Value>) = told.unzip();
    let mut richest = HashMap::new();
    if !ids.is_empty() {
        let rows = sqlx::query!(
            r#"select id as "id!", richest_pricing(pricing) as pricing
               from unnest($1::uuid[], $2::jsonb[]) as one (id, pricing) group by id"#,
            &ids,
            &told
        )
        .fetch_all(conn)
        .await?;
        richest = rows.into_iter().map(|row| (row.id, row.pricing)).collect();
    }
    let price = |(id, step): (&MessageId, &Step)| match step.pricing.as_slice() {
        [only] => Some(only.clone()),
        _ => richest.get(&id.0).cloned().flatten(),
    };
    Ok(steps.iter().map(price).collect())
}

/// The platform spoke of these messages: what waits to try them again must not, what is still noted as
/// being sent holds its conversation no longer, and no doubt about them is left. Only of the attempt that
/// was meant, or an earlier one. Gives the accounts whose conversations may go on.
pub(super) async fn settle(
    conn: &mut PgConnection,
    steps: &BTreeMap<MessageId, Step>,
    changed: &[Uuid],
) -> Result<Vec<AccountId>, StoreError> {
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let changed: HashSet<&Uuid> = changed.iter().collect();
    let settled: Vec<(&MessageId, &Step)> = steps.iter().filter(|(id, _)| changed.contains(&id.0)).collect();
    let ids: Vec<Uuid> = settled.iter().map(|(id, _)| id.0).collect();
    let attempts: Vec<i32> = settled.iter().map(|(_, step)| step.attempt).collect();
    let unblocked = sqlx::query_scalar!(
        "with settled as (
             select * from unnest($1::uuid[], $2::int[]) as one (message_id, attempt)
         ), gone as (
             delete from outbox o using settled s
             where o.message_id = s.message_id and o.attempt <= s.attempt
             returning o.account_id, o.conversation_id, o.state
         ), sure as (
             delete from doubts d using settled s where d.message_id = s.message_id and d.attempt <= s.attempt
         )
         select distinct g.account_id from gone g
         where g.state = 'sending'
           and exists (select 1 from outbox o
                       where o.conversation_id = g.conversation_id and o.message_id <> all($1::uuid[]))",
        &ids,
        &attempts
    )
    .fetch_all(conn)
    .await?;
    Ok(unblocked.into_iter().map(AccountId).collect())
}
