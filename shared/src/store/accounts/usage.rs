//! How much an account has sent of late: what limits are judged by. Every question is answered from a bounded part of
//! an index.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::account_settings::AccountSettings;
use crate::domain::ids::{AccountId, ContactId, MerchantId};
use crate::store::error::StoreError;

/// More customers than this are not counted: past it only an unlimited account goes.
pub const MOST_CUSTOMERS: i64 = 200_000;

/// Messages that the account was given to send since `since`, to the hour.
pub async fn sends_since(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
    since: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let sends = sqlx::query_scalar!(
        r#"select coalesce(sum(sends), 0)::bigint as "sends!" from send_counts
           where merchant_id = $1 and account_id = $2 and hour >= date_trunc('hour', $3::timestamptz, 'UTC')"#,
        merchant.0,
        account.0,
        since
    )
    .fetch_one(conn)
    .await?;
    Ok(sends)
}

/// Messages that the account was given to send to `contact` since `since`; no more than `most` are counted.
pub async fn sends_to(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
    contact: ContactId,
    since: DateTime<Utc>,
    most: i64,
) -> Result<i64, StoreError> {
    let sends = sqlx::query_scalar!(
        r#"select count(*) as "sends!" from (
               select 1 from conversations c
               join messages m on m.conversation_id = c.id and m.merchant_id = c.merchant_id
               where c.merchant_id = $1 and c.account_id = $2 and c.contact_id = $3
                 and m.id >= first_uuid_of($4) and m.direction = 'outbound'
               limit $5
           ) sent"#,
        merchant.0,
        account.0,
        contact.0,
        since,
        most
    )
    .fetch_one(conn)
    .await?;
    Ok(sends)
}

/// Customers who got a template since `since` from the account or from another of the same portfolio, or of the same
/// business account while no portfolio is known; at most [`MOST_CUSTOMERS`] messages are looked at.
pub async fn customers_since(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
    since: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let customers = sqlx::query_scalar!(
        r#"with together as (
               select o.id from accounts a
               join accounts o on o.merchant_id = a.merchant_id and o.channel = a.channel
                    and (o.id = a.id or o.portfolio_id = a.portfolio_id
                         or a.portfolio_id is null and o.business_id = a.business_id)
               where a.merchant_id = $1 and a.id = $2
           )
           select count(distinct contact_id) as "customers!" from (
               select m.contact_id from together t
               cross join lateral (
                   select contact_id from messages
                   where account_id = t.id and kind = 'template' and direction = 'outbound' and id >= first_uuid_of($3)
                   limit $4
               ) m
               limit $4
           ) sent"#,
        merchant.0,
        account.0,
        since,
        MOST_CUSTOMERS
    )
    .fetch_one(conn)
    .await?;
    Ok(customers)
}

/// Messages of the merchant's that wait to be sent, those of campaigns left out; no more than `most` are counted.
pub async fn unsent(conn: &mut PgConnection, merchant: MerchantId, most: i64) -> Result<i64, StoreError> {
    let unsent = sqlx::query_scalar!(
        r#"select count(*) as "unsent!" from (
               select 1 from accounts a
               cross join lateral (
                   select 1 from outbox o where o.account_id = a.id and o.priority < 9 limit $2
               ) waiting
               where a.merchant_id = $1
               limit $2
           ) unsent"#,
        merchant.0,
        most
    )
    .fetch_one(conn)
    .await?;
    Ok(unsent)
}

/// What the merchant set for the account.
pub async fn settings(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
) -> Result<Option<AccountSettings>, StoreError> {
    let settings =
        sqlx::query_scalar!("select settings from accounts where merchant_id = $1 and id = $2", merchant.0, account.0)
            .fetch_optional(conn)
            .await?;
    settings
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| StoreError::Corrupt { table: "accounts", problem: error.to_string() })
}

/// Forgets counts of hours before `before`.
pub async fn forget(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let gone = sqlx::query!("delete from send_counts where hour < $1", before).execute(conn).await?;
    Ok(gone.rows_affected())
}

/// Makes one row of what several connections counted in months gone by; so many rows went into others. At most `most`
/// are looked at.
pub async fn fold_months(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let folded = sqlx::query!(
        "with old as (
             delete from message_counts where (account_id, month, share) in (
                 select account_id, month, share from message_counts
                 where month < date_trunc('month', now() at time zone 'utc')::date and share <> 0
                 limit $1)
             returning account_id, merchant_id, month, messages
         )
         insert into message_counts (account_id, merchant_id, month, share, messages)
         select account_id, merchant_id, month, 0, sum(messages)::bigint
         from old group by account_id, merchant_id, month
         on conflict (account_id, month, share) do update set messages = message_counts.messages + excluded.messages",
        most
    )
    .execute(conn)
    .await?;
    Ok(folded.rows_affected())
}

/// The contact that has the phone number, for whoever asks how much was sent to it.
pub async fn contact_of_phone(
    conn: &mut PgConnection,
    merchant: MerchantId,
    phone: &str,
) -> Result<Option<ContactId>, StoreError> {
    let contact: Option<Uuid> = sqlx::query_scalar!(
        "select contact_id from identities
         where merchant_id = $1 and kind in ('phone', 'bsuid') and value = $2
           and scope = '00000000-0000-0000-0000-000000000000'
         limit 1",
        merchant.0,
        phone
    )
    .fetch_optional(conn)
    .await?;
    Ok(contact.map(ContactId))
}
