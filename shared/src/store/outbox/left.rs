//! What senders left behind: calls without a record, messages nobody was woken for.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::domain::ids::AccountId;
use crate::store::error::StoreError;
use crate::store::interval::interval;

/// Puts in doubt at most `most` messages whose sender died between the call and the record.
pub async fn doubt_abandoned(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let reason: Value = json!({ "title": "the sender stopped before it recorded the platform's answer" });
    let doubted = sqlx::query!(
        "with abandoned as (
             select message_id from outbox where state = 'sending' and lease_until < now()
             order by message_id limit $1 for update skip locked
         ), gone as (
             delete from outbox o using abandoned a where o.message_id = a.message_id
             returning o.message_id, o.merchant_id, o.account_id, o.conversation_id, o.attempt, o.priority,
                       o.may_resend
         ), doubted as (
             insert into doubts (message_id, merchant_id, account_id, conversation_id, attempt, priority, may_resend,
                                 since)
             select g.message_id, g.merchant_id, g.account_id, g.conversation_id, g.attempt, g.priority, g.may_resend,
                    coalesce(m.attempted_at, now())
             from gone g join messages m on m.id = g.message_id
             where m.status <= 'in_doubt'
             on conflict (message_id) do nothing
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
/// refuses waits until it is connected anew, one on hold until that is over.
///
/// Accounts are found by skipping from one to the next in an index, and only of those that nobody serves all rows
/// are looked at: a long backlog that is being sent costs nothing here.
pub async fn forgotten(conn: &mut PgConnection, lost_since: Duration) -> Result<Vec<(AccountId, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"with recursive waiting as (
               (select account_id from outbox order by account_id limit 1)
               union all
               select (select o.account_id from outbox o where o.account_id > w.account_id
                       order by o.account_id limit 1)
               from waiting w where w.account_id is not null
           ), unserved as materialized (
               select a.id from waiting w join accounts a on a.id = w.account_id
               where a.status = 'active' and not account_is_held(a.channel, a.id, a.business_id, a.app)
                 and (select 1 from outbox s where s.account_id = a.id and s.lease_until > now() limit 1) is null
           )
           select o.account_id, bool_or(o.attempt = 0 and o.lease is null and o.not_before <= o.created_at) as "lost!"
           from unserved u
           join outbox o on o.account_id = u.id
           where o.state = 'waiting' and o.not_before <= now() and (o.lease_until is null or o.lease_until < now())
             and (o.attempt > 0 or o.not_before > o.created_at or o.created_at < now() - $1::interval)
             and (o.campaign_id is null or not exists (
                 select 1 from send_holds h
                 where h.scope = 'campaign' and h.subject = o.campaign_id::text
                   and (h.until is null or h.until > now())))
           group by o.account_id"#,
        interval(lost_since)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id.into(), row.lost)).collect())
}
