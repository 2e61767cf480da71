//! Taking messages out of the outbox before anybody sends them. What a sender holds already is left to it.

use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::domain::ids::{AccountId, MerchantId, MessageId};
use crate::store::error::StoreError;

/// What a message says that was cancelled with its account.
fn disconnected() -> Value {
    json!({ "code": "ACCOUNT_DISCONNECTED", "title": "the account was disconnected before the message was sent" })
}

/// Cancels the message if it waits and nobody holds it; whether it did.
pub async fn cancel(conn: &mut PgConnection, merchant: MerchantId, message: MessageId) -> Result<bool, StoreError> {
    let cancelled = sqlx::query!(
        "with locked as (
             select id from messages where merchant_id = $1 and id = $2 for no key update
         ), gone as (
             delete from outbox o using locked
             where o.message_id = locked.id and o.state = 'waiting' and (o.lease_until is null or o.lease_until < now())
             returning o.message_id
         )
         update messages m set status = greatest(m.status, 'cancelled') from gone where m.id = gone.message_id",
        merchant.0,
        message.0
    )
    .execute(conn)
    .await?;
    Ok(cancelled.rows_affected() > 0)
}

/// Lets the message go at once where it waits for later; its account, none where it does not wait.
pub async fn due_now(
    conn: &mut PgConnection,
    merchant: MerchantId,
    message: MessageId,
) -> Result<Option<AccountId>, StoreError> {
    let account = sqlx::query_scalar!(
        "update outbox set not_before = least(not_before, now())
         where merchant_id = $1 and message_id = $2 and state = 'waiting'
         returning account_id",
        merchant.0,
        message.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(account.map(AccountId))
}

/// Cancels at most `most` messages of a disconnected account; so many there were.
pub async fn cancel_of_account(conn: &mut PgConnection, account: AccountId, most: i64) -> Result<u64, StoreError> {
    // Messages are locked before their places in the outbox, in the order of their ids: as senders do.
    let cancelled = sqlx::query!(
        "with waiting as (
             select message_id from outbox
             where account_id = $1 and state = 'waiting' and (lease_until is null or lease_until < now())
             order by message_id limit $2
         ), locked as (
             select m.id from messages m join waiting w on w.message_id = m.id order by m.id for no key update of m
         ), gone as (
             delete from outbox o using locked
             where o.message_id = locked.id and o.state = 'waiting' and (o.lease_until is null or o.lease_until < now())
             returning o.message_id
         )
         update messages m set status = greatest(m.status, 'cancelled'), error = $3
         from gone where m.id = gone.message_id",
        account.0,
        most,
        disconnected()
    )
    .execute(conn)
    .await?;
    Ok(cancelled.rows_affected())
}

/// Cancels at most `most` messages of each account that was disconnected and has some left; so many there were.
pub async fn cancel_of_disconnected(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let accounts = sqlx::query_scalar!(
        "select a.id from accounts a
         where a.status = 'inactive' and exists (select 1 from outbox o where o.account_id = a.id)
         order by a.id"
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut cancelled = 0;
    for account in accounts {
        cancelled += cancel_of_account(conn, AccountId(account), most).await?;
    }
    Ok(cancelled)
}
