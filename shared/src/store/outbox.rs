//! The outbox: messages that wait to be sent, claimed under a lease by whichever sender is free.
//!
//! ```text
//! waiting --claim--> waiting, leased --begin--> sending --outcome--> gone
//!    ^                                             |  \--lease over--> gone, message in doubt
//!    '------------------ later --------------------'
//! ```
//!
//! A sender that dies while its row is `waiting` has sent nothing, and another claims the row. One
//! that dies while it is `sending` may have: that row is never claimed again.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use crate::domain::identity::Identity;
use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId};
use crate::domain::message::{Author, Content};
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;
use crate::store::messages::CONTENT;
use crate::store::seal::Binding;

/// A sender's hold on what it claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease(pub Uuid);

/// A claimed message with what the checks at the send look at.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The message.
    pub message_id: MessageId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// To whom.
    pub contact_id: ContactId,
    /// Who wrote it.
    pub author: Author,
    /// What it says; none once the contact was erased.
    pub content: Option<Content>,
    /// The platform's id of what it answers.
    pub reply_to: Option<String>,
    /// How often it was tried.
    pub attempt: u32,
    /// When the customer last wrote.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// Whether a person has the conversation.
    pub human_handled: bool,
    /// The customer's addresses that the account can write to, newest first.
    pub addresses: Vec<Identity>,
}

/// Claims at most `most` messages of `account` that are due, replies first; of each conversation the
/// oldest alone, so that its messages leave in order. None once the platform refuses the account.
pub async fn claim(
    conn: &mut PgConnection,
    keyring: &Keyring,
    account: AccountId,
    most: i64,
    hold: Duration,
) -> Result<(Lease, Vec<Claimed>), StoreError> {
    let lease = Lease(MessageId::new().0);
    let ids = sqlx::query_scalar!(
        "with due as (
             select o.message_id from outbox o
             where o.account_id = $1 and o.state = 'waiting' and o.not_before <= now()
               and (o.lease_until is null or o.lease_until < now())
               and exists (select 1 from accounts a where a.id = $1 and a.status = 'active')
               and not exists (select 1 from outbox e where e.conversation_id = o.conversation_id and e.seq < o.seq)
             order by o.priority, o.seq
             limit $2
             for update skip locked
         )
         update outbox o set lease = $3, lease_until = now() + $4
         from due where o.message_id = due.message_id
         returning o.message_id",
        account.0,
        most,
        lease.0,
        interval(hold)
    )
    .fetch_all(&mut *conn)
    .await?;
    let claimed = load(conn, keyring, &ids).await?;
    Ok((lease, claimed))
}

async fn load(conn: &mut PgConnection, keyring: &Keyring, ids: &[Uuid]) -> Result<Vec<Claimed>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"select o.message_id, o.merchant_id, o.conversation_id, o.attempt, m.contact_id, m.author, m.content,
                  m.reply_to, c.last_inbound_at, c.handler = 'human' as "human_handled!",
                  array(select i.kind || ':' || i.value from identities i
                        where i.contact_id = m.contact_id and i.scope in ('00000000-0000-0000-0000-000000000000', o.account_id)
                        order by i.created_at desc, i.value) as "addresses!: Vec<String>"
           from outbox o
           join messages m on m.id = o.message_id
           join conversations c on c.id = o.conversation_id
           where o.message_id = any($1)
           order by o.priority, o.seq"#,
        ids
    )
    .fetch_all(&mut *conn)
    .await?;
    let merchants: Vec<MerchantId> = rows.iter().map(|row| MerchantId(row.merchant_id)).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    rows.into_iter()
        .map(|row| {
            let corrupt = |problem: String| StoreError::Corrupt { table: "messages", problem };
            let merchant_id = MerchantId(row.merchant_id);
            let message_id = MessageId(row.message_id);
            let content = match row.content {
                None => None,
                Some(sealed) => {
                    let plain = keys.of(merchant_id)?.open(Binding::new(CONTENT, message_id), &sealed)?;
                    Some(serde_json::from_slice(&plain).map_err(|error| corrupt(error.to_string()))?)
                }
            };
            Ok(Claimed {
                message_id,
                merchant_id,
                conversation_id: row.conversation_id.into(),
                contact_id: row.contact_id.into(),
                author: row.author.parse().map_err(|error| corrupt(format!("{error}")))?,
                content,
                reply_to: row.reply_to,
                attempt: u32::try_from(row.attempt).unwrap_or(0),
                last_inbound_at: row.last_inbound_at,
                human_handled: row.human_handled,
                addresses: row.addresses.iter().filter_map(|address| read_address(address)).collect(),
            })
        })
        .collect()
}

pub(super) fn read_address(text: &str) -> Option<Identity> {
    let (kind, value) = text.split_once(':')?;
    Some(Identity { kind: kind.parse().ok()?, value: value.to_owned() })
}

/// Marks `message` as being sent, if the lease still holds; gives the number of this attempt. From
/// here until its outcome is recorded the platform may have it.
pub async fn begin(
    conn: &mut PgConnection,
    message: MessageId,
    lease: Lease,
    hold: Duration,
) -> Result<Option<u32>, StoreError> {
    let attempt = sqlx::query_scalar!(
        "with begun as (
             update outbox set state = 'sending', attempt = attempt + 1, lease_until = now() + $3
             where message_id = $1 and lease = $2 and lease_until > now() and state = 'waiting'
             returning message_id, attempt
         ), moved as (
             update messages m set status = greatest(m.status, 'sending') from begun where m.id = begun.message_id
         )
         select attempt from begun",
        message.0,
        lease.0,
        interval(hold)
    )
    .fetch_optional(conn)
    .await?;
    Ok(attempt.map(|attempt| u32::try_from(attempt).unwrap_or(1)))
}

/// Puts `message` back to be tried again after `delay`: it was not sent, for certain.
pub async fn later(
    conn: &mut PgConnection,
    message: MessageId,
    lease: Lease,
    delay: Duration,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update outbox set state = 'waiting', lease = null, lease_until = null, not_before = now() + $3
         where message_id = $1 and lease = $2",
        message.0,
        lease.0,
        interval(delay)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts in doubt at most `most` messages whose sender died between the call and the record.
pub async fn doubt_abandoned(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let reason: Value = json!({ "title": "the sender stopped before it recorded the platform's answer" });
    let doubted = sqlx::query!(
        "with abandoned as (
             select message_id from outbox where state = 'sending' and lease_until < now()
             limit $1 for update skip locked
         ), gone as (
             delete from outbox o using abandoned a where o.message_id = a.message_id returning o.message_id
         )
         update messages m
         set error = case when m.status < 'in_doubt' then $2 else m.error end, status = greatest(m.status, 'in_doubt')
         from gone where m.id = gone.message_id",
        most,
        reason
    )
    .execute(conn)
    .await?;
    Ok(doubted.rows_affected())
}

/// Accounts with messages that are due and that nobody holds: put back for `later`, left by a sender
/// that died before it began, or waiting since before `lost_since` for a wake that got lost. The flag
/// tells the last from the others. An account
/// that somebody serves right now is not forgotten, however long its backlog; one that its platform
/// refuses waits until it is connected anew.
pub async fn forgotten(conn: &mut PgConnection, lost_since: Duration) -> Result<Vec<(AccountId, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"select o.account_id, bool_or(o.attempt = 0 and o.lease is null) as "lost!"
           from outbox o
           join accounts a on a.id = o.account_id
           where o.state = 'waiting' and o.not_before <= now() and (o.lease_until is null or o.lease_until < now())
             and (o.attempt > 0 or o.created_at < now() - $1::interval)
             and a.status = 'active'
             and not exists (select 1 from outbox s where s.account_id = o.account_id and s.lease_until > now())
           group by o.account_id"#,
        interval(lost_since)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id.into(), row.lost)).collect())
}

pub(super) fn interval(duration: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) }
}
