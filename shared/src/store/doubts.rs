//! Doubts: sends of which it is not known whether the platform has them.
//!
//! A status settles one at once. Else it is sent again only where statuses demonstrably flowed and none
//! spoke of it, and nothing of its conversation was sent since; what is left waits for a person. The row
//! of the outbox is written and the doubt deleted in one statement, so that two who settle the same doubt
//! never send it twice.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::interval::interval;
use crate::domain::ids::{AccountId, ConversationId, MerchantId, MessageId};
use crate::domain::status::MessageStatus;
use crate::store::error::StoreError;
use crate::store::messages::outcome::{self, Ended};

/// A status this old when it was applied proves nothing: it waited in a queue, and so may others.
const FRESH: Duration = Duration::from_secs(30);

/// When a doubt is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Grace {
    /// It is not sent again before this.
    pub before_resending: Duration,
    /// After this it waits for a person.
    pub before_asking: Duration,
}

/// A send whose fate is not known.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// The message.
    pub message_id: MessageId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// Which account sent it.
    pub account_id: AccountId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// The attempts made.
    pub attempt: i32,
    /// Whether Loa may send it again by itself.
    pub may_resend: bool,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Since when a person is asked.
    pub for_a_person_since: Option<DateTime<Utc>>,
}

/// Enters those of `messages`, which are in the outbox, whose fate no status has told already.
pub async fn enter(conn: &mut PgConnection, messages: &[MessageId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = messages.iter().map(|message| message.0).collect();
    sqlx::query!(
        "insert into doubts (message_id, merchant_id, account_id, conversation_id, attempt, priority, may_resend, since)
         select o.message_id, o.merchant_id, o.account_id, o.conversation_id, o.attempt, o.priority, o.may_resend,
                coalesce(m.attempted_at, now())
         from outbox o join messages m on m.id = o.message_id
         where o.message_id = any($1) and m.status <= 'in_doubt'
         order by o.message_id
         on conflict (message_id) do nothing",
        &ids
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// `messages` are in doubt no more.
pub async fn settled(conn: &mut PgConnection, messages: &[MessageId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = messages.iter().map(|message| message.0).collect();
    sqlx::query!("delete from doubts where message_id = any($1)", &ids).execute(conn).await?;
    Ok(())
}

/// Forgets at most `most` doubts that a status has settled; so many there were.
pub async fn forget_settled(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let gone = sqlx::query!(
        "with settled as (
             select d.message_id from doubts d join messages m on m.id = d.message_id
             where m.status > 'in_doubt'
             order by d.message_id limit $1 for update of d skip locked
         )
         delete from doubts d using settled where d.message_id = settled.message_id",
        most
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}

/// Puts back into the outbox at most `most` doubts that may be sent again: their grace is over; since its
/// end a status of their account came and was applied while fresh; a later send of the account was
/// confirmed by a status; none of their conversation was sent later. Gives their accounts.
pub async fn resend_missing(conn: &mut PgConnection, grace: Grace, most: i64) -> Result<Vec<AccountId>, StoreError> {
    let accounts = sqlx::query_scalar!(
        "with missing as (
             select d.message_id from doubts d
             join messages m on m.id = d.message_id
             join status_flow f on f.account_id = d.account_id
             where d.may_resend and d.for_a_person_since is null and m.status <= 'in_doubt'
               and d.since < now() - $1::interval
               and f.received_at > d.since + $1::interval and f.applied_at < f.received_at + $2::interval
               and f.confirmed_at > d.since
               and not exists (
                   select 1 from messages l
                   where l.conversation_id = d.conversation_id and l.id <> d.message_id and l.direction = 'outbound'
                     and l.id > first_uuid_of(d.since - interval '7 days') and l.attempted_at > d.since)
               and not exists (select 1 from outbox o where o.conversation_id = d.conversation_id and o.state = 'sending')
             order by d.message_id limit $3 for update of d skip locked
         ), gone as (
             delete from doubts d using missing where d.message_id = missing.message_id returning d.*
         )
         insert into outbox (message_id, merchant_id, account_id, conversation_id, priority, attempt, not_before)
         select message_id, merchant_id, account_id, conversation_id, priority, attempt, now() from gone
         on conflict (message_id) do nothing
         returning account_id",
        interval(grace.before_resending),
        interval(FRESH),
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(accounts.into_iter().map(AccountId).collect())
}

/// Leaves to a person what nothing has settled in time; so many there were.
pub async fn ask_for_a_person(conn: &mut PgConnection, grace: Grace, most: i64) -> Result<u64, StoreError> {
    let asked = sqlx::query!(
        "with old as (
             select message_id from doubts
             where for_a_person_since is null and since < now() - $1::interval
             order by message_id limit $2 for update skip locked
         )
         update doubts d set for_a_person_since = now() from old where d.message_id = old.message_id",
        interval(grace.before_asking),
        most
    )
    .execute(conn)
    .await?;
    Ok(asked.rows_affected())
}

/// The oldest doubts behind `after`, at most `most`; of one merchant, where one is named. Only the role of the
/// workers sees those of all.
pub async fn list(
    conn: &mut PgConnection,
    merchant: Option<MerchantId>,
    after: Option<(DateTime<Utc>, MessageId)>,
    skip: i64,
    most: i64,
) -> Result<Vec<Doubt>, StoreError> {
    let rows = sqlx::query!(
        "select message_id, merchant_id, account_id, conversation_id, attempt, may_resend, since, for_a_person_since
         from doubts
         where ($1::uuid is null or merchant_id = $1) and ($2::timestamptz is null or (since, message_id) > ($2, $3))
         order by since, message_id offset $4 limit $5",
        merchant.map(|merchant| merchant.0),
        after.map(|(since, _)| since),
        after.map(|(_, message)| message.0),
        skip,
        most
    )
    .fetch_all(conn)
    .await?;
    let doubts = rows.into_iter().map(|row| Doubt {
        message_id: row.message_id.into(),
        merchant_id: row.merchant_id.into(),
        account_id: row.account_id.into(),
        conversation_id: row.conversation_id.into(),
        attempt: row.attempt,
        may_resend: row.may_resend,
        since: row.since,
        for_a_person_since: row.for_a_person_since,
    });
    Ok(doubts.collect())
}

/// How many doubts `merchant` has.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from doubts where merchant_id = $1"#, merchant.0)
        .fetch_one(conn)
        .await?;
    Ok(count)
}

/// A person says that `message` is to be sent again, whatever it is. Gives whose it is; none where it is
/// not in doubt (any more), or not `of` that merchant.
pub async fn resend(
    conn: &mut PgConnection,
    of: Option<MerchantId>,
    message: MessageId,
) -> Result<Option<(MerchantId, AccountId)>, StoreError> {
    let row = sqlx::query!(
        "with gone as (
             delete from doubts d using messages m
             where d.message_id = $1 and m.id = d.message_id and m.status <= 'in_doubt'
               and ($2::uuid is null or d.merchant_id = $2)
             returning d.*
         )
         insert into outbox (message_id, merchant_id, account_id, conversation_id, priority, attempt, not_before)
         select message_id, merchant_id, account_id, conversation_id, priority, attempt, now() from gone
         on conflict (message_id) do nothing
         returning merchant_id, account_id",
        message.0,
        of.map(|merchant| merchant.0)
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.merchant_id.into(), row.account_id.into())))
}

/// A person says that `message` counts as failed. Gives whose it is; none where it is not in doubt, or not `of`
/// that merchant.
pub async fn give_up(
    conn: &mut PgConnection,
    of: Option<MerchantId>,
    message: MessageId,
    at: DateTime<Utc>,
) -> Result<Option<MerchantId>, StoreError> {
    let merchant = sqlx::query_scalar!(
        "delete from doubts d using messages m
         where d.message_id = $1 and m.id = d.message_id and m.status <= 'in_doubt'
           and ($2::uuid is null or d.merchant_id = $2)
         returning d.merchant_id",
        message.0,
        of.map(|merchant| merchant.0)
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(merchant) = merchant else {
        return Ok(None);
    };
    let error = json!({ "code": "GIVEN_UP", "title": "nobody knows whether it went; somebody gave it up" });
    let end = Ended { message_id: message, status: MessageStatus::Failed, error };
    outcome::ended(conn, &[end], at).await?;
    Ok(Some(merchant.into()))
}

/// How many doubts wait for a status, and how many for a person.
pub async fn counts(conn: &mut PgConnection) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query!(
        r#"select count(*) filter (where for_a_person_since is null) as "open!",
                  count(*) filter (where for_a_person_since is not null) as "for_a_person!"
           from doubts"#
    )
    .fetch_one(conn)
    .await?;
    Ok((row.open, row.for_a_person))
}
