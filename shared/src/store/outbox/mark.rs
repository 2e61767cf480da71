//! Marking claimed messages: about to be sent, or back to wait.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Lease;
use crate::domain::ids::MessageId;
use crate::store::error::StoreError;
use crate::store::interval::interval;

/// A message that is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    /// The message.
    pub message: MessageId,
    /// The hold on it.
    pub lease: Lease,
    /// When the platform will be called.
    pub at: DateTime<Utc>,
    /// Whether Loa may send it again by itself, should its fate not be known.
    pub may_resend: bool,
}

/// How a message waits to be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The least time.
    pub delay: Duration,
    /// Whether later messages of its conversation wait for it.
    pub in_order: bool,
    /// Whether it is put back for a reason of its own, which happens a few times only.
    pub own: bool,
}

impl Wait {
    /// A wait that counts for nothing, in order.
    pub const fn of(delay: Duration) -> Self {
        Self { delay, in_order: true, own: false }
    }
}

/// Marks messages as being sent whose lease still holds and whose account was neither refused nor put on hold
/// meanwhile; gives the number of the attempt of each, in the same order, none where it may not go. From here
/// until the outcome of one is recorded the platform may have it. A call may take `hold` before its message
/// counts as abandoned.
pub async fn begin(
    conn: &mut PgConnection,
    messages: &[Begun],
    hold: Duration,
) -> Result<Vec<Option<u32>>, StoreError> {
    let ids: Vec<Uuid> = messages.iter().map(|begun| begun.message.0).collect();
    let (Some(least), Some(greatest)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query!(
        "with locked as (
             select id from messages where id = any($1) and id between $6 and $7 order by id for no key update
         ), begun as (
             update outbox o
             set state = 'sending', attempt = o.attempt + 1, lease_until = now() + $5, may_resend = new.may_resend
             from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bool[]) as new (id, lease, at, may_resend)
             join locked on locked.id = new.id
             where o.message_id = new.id and o.lease = new.lease and o.lease_until > now() and o.state = 'waiting'
               and exists (select 1 from accounts a where a.id = o.account_id and a.status = 'active'
                             and not account_is_held(a.channel, a.id, a.business_id, a.app))
             returning o.message_id, o.attempt, new.at
         ), moved as (
             update messages m
             set status = greatest(m.status, 'sending'), attempted_at = begun.at, attempts = begun.attempt
             from begun where m.id = begun.message_id and m.id between $6 and $7
         )
         select message_id, attempt from begun",
        &ids,
        &messages.iter().map(|begun| begun.lease.0).collect::<Vec<_>>(),
        &messages.iter().map(|begun| begun.at).collect::<Vec<_>>(),
        &messages.iter().map(|begun| begun.may_resend).collect::<Vec<_>>(),
        interval(hold),
        least,
        greatest
    )
    .fetch_all(conn)
    .await?;
    let attempts: HashMap<Uuid, u32> =
        rows.into_iter().map(|row| (row.message_id, u32::try_from(row.attempt).unwrap_or(1))).collect();
    Ok(ids.iter().map(|id| attempts.get(id).copied()).collect())
}

/// Takes back that `message` is being sent: the platform was not called after all.
pub async fn not_called(
    conn: &mut PgConnection,
    message: MessageId,
    lease: Lease,
    delay: Duration,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update outbox
         set state = 'waiting', lease = null, lease_until = null, not_before = now() + $3,
             attempt = greatest(attempt - 1, 0)
         where message_id = $1 and lease = $2 and state = 'sending'",
        message.0,
        lease.0,
        interval(delay)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts messages back to be tried again, each under its lease: they were not sent, for certain.
pub async fn later(conn: &mut PgConnection, waits: &[(MessageId, Lease, Wait)]) -> Result<(), StoreError> {
    if waits.is_empty() {
        return Ok(());
    }
    let mut sorted = waits.to_vec();
    sorted.sort_unstable_by_key(|(id, ..)| *id);
    sqlx::query!(
        "with wait as (
             select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bool[], $5::bool[])
                 as wait (id, lease, millis, in_order, own)
         ), locked as (
             select o.message_id from outbox o join wait on wait.id = o.message_id order by o.message_id for update of o
         )
         update outbox o
         set state = 'waiting', lease = null, lease_until = null,
             not_before = now() + wait.millis * interval '1 millisecond', in_order = o.in_order and wait.in_order,
             own_tries = o.own_tries + case when wait.own then 1 else 0 end
         from wait join locked on locked.message_id = wait.id
         where o.message_id = wait.id and o.lease = wait.lease",
        &sorted.iter().map(|(id, ..)| id.0).collect::<Vec<_>>(),
        &sorted.iter().map(|(_, lease, _)| lease.0).collect::<Vec<_>>(),
        &sorted.iter().map(|(.., wait)| millis(wait.delay)).collect::<Vec<_>>(),
        &sorted.iter().map(|(.., wait)| wait.in_order).collect::<Vec<_>>(),
        &sorted.iter().map(|(.., wait)| wait.own).collect::<Vec<_>>()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts messages back that were claimed and not begun, each with its delay. Nothing is counted. One of a
/// campaign lets others of its conversation pass meanwhile.
pub async fn later_all(
    conn: &mut PgConnection,
    lease: Lease,
    waits: &[(MessageId, Duration)],
) -> Result<(), StoreError> {
    if waits.is_empty() {
        return Ok(());
    }
    let (ids, delays) = columns(waits);
    sqlx::query!(
        "with wait as (
             select id, millis from unnest($1::uuid[], $2::bigint[]) as wait (id, millis)
         ), locked as (
             select o.message_id from outbox o join wait on wait.id = o.message_id order by o.message_id for update of o
         )
         update outbox o
         set lease = null, lease_until = null, not_before = now() + wait.millis * interval '1 millisecond',
             in_order = in_order and campaign_id is null
         from wait join locked on locked.message_id = wait.id
         where o.message_id = wait.id and o.lease = $3 and o.state = 'waiting'",
        &ids,
        &delays,
        lease.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts messages that have failed into the outbox once more, each not before its delay is over. Others of
/// their conversations do not wait for them.
pub async fn again(conn: &mut PgConnection, waits: &[(MessageId, Duration)]) -> Result<(), StoreError> {
    if waits.is_empty() {
        return Ok(());
    }
    let (ids, delays) = columns(waits);
    sqlx::query!(
        "insert into outbox (message_id, merchant_id, account_id, conversation_id, priority, attempt, own_tries,
                             not_before, in_order)
         select m.id, m.merchant_id, m.account_id, m.conversation_id,
                case m.author when 'campaign' then 9 else 5 end, m.attempts, m.attempts,
                now() + wait.millis * interval '1 millisecond', false
         from unnest($1::uuid[], $2::bigint[]) as wait (id, millis)
         join messages m on m.id = wait.id
         where m.status = 'failed'
         order by m.id
         on conflict (message_id) do nothing",
        &ids,
        &delays
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ids in their order, and the delays in milliseconds.
fn columns(waits: &[(MessageId, Duration)]) -> (Vec<Uuid>, Vec<i64>) {
    let mut sorted = waits.to_vec();
    sorted.sort_unstable_by_key(|(id, _)| *id);
    sorted.into_iter().map(|(id, delay)| (id.0, millis(delay))).unzip()
}

fn millis(delay: Duration) -> i64 {
    i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)
}
