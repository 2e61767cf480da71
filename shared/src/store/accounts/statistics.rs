//! What an account has to do with, in numbers. Nothing here grows with the messages: those of a month are kept as they
//! come, conversations and customers are counted while they are few, and by the janitor where they are many.

use std::time::Duration;

use sqlx::PgConnection;

use crate::domain::ids::{AccountId, MerchantId};
use crate::store::error::StoreError;
use crate::store::interval::interval;

/// So many conversations are counted whenever somebody looks.
const FEW: i64 = 10_000;

/// An account in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Customers who have a conversation with it.
    pub contacts: i64,
    /// Conversations.
    pub conversations: i64,
    /// Messages since the month began, by UTC, both ways.
    pub messages_this_month: i64,
}

/// The numbers of the account. Of one with many conversations they are a few minutes old; who looks at it first has
/// them counted, and commits.
pub async fn of(conn: &mut PgConnection, merchant: MerchantId, account: AccountId) -> Result<Statistics, StoreError> {
    let messages_this_month = sqlx::query_scalar!(
        r#"select coalesce(sum(messages), 0)::bigint as "messages!" from message_counts
           where merchant_id = $1 and account_id = $2 and month = date_trunc('month', now() at time zone 'utc')::date"#,
        merchant.0,
        account.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let few = sqlx::query!(
        r#"select count(*) as "conversations!", count(distinct contact_id) as "contacts!" from (
               select contact_id from conversations
               where merchant_id = $1 and account_id = $2 and merged_into is null limit $3
           ) seen"#,
        merchant.0,
        account.0,
        FEW + 1
    )
    .fetch_one(&mut *conn)
    .await?;
    let (conversations, contacts) =
        if few.conversations > FEW { many(conn, merchant, account).await? } else { (few.conversations, few.contacts) };
    Ok(Statistics { contacts, conversations, messages_this_month })
}

async fn many(conn: &mut PgConnection, merchant: MerchantId, account: AccountId) -> Result<(i64, i64), StoreError> {
    let counted = sqlx::query!(
        "select conversations, contacts from account_totals where merchant_id = $1 and account_id = $2",
        merchant.0,
        account.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(row) = counted {
        return Ok((row.conversations, row.contacts));
    }
    count(conn, merchant, account).await
}

/// Counts all of it, and keeps what comes out.
async fn count(conn: &mut PgConnection, merchant: MerchantId, account: AccountId) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query!(
        "insert into account_totals (account_id, merchant_id, conversations, contacts)
         select $2, $1, count(*), count(distinct contact_id) from conversations
         where merchant_id = $1 and account_id = $2 and merged_into is null
         on conflict (account_id) do update
         set conversations = excluded.conversations, contacts = excluded.contacts, counted_at = now()
         returning conversations, contacts",
        merchant.0,
        account.0
    )
    .fetch_one(conn)
    .await?;
    Ok((row.conversations, row.contacts))
}

/// Counts one account anew whose numbers are older than `age`; whether there was one.
pub async fn recount(conn: &mut PgConnection, age: Duration) -> Result<bool, StoreError> {
    let old = sqlx::query!(
        "select account_id, merchant_id from account_totals
         where counted_at < now() - $1::interval
         order by counted_at limit 1
         for update skip locked",
        interval(age)
    )
    .fetch_optional(&mut *conn)
    .await?;
    match old {
        Some(row) => {
            count(conn, row.merchant_id.into(), row.account_id.into()).await?;
            Ok(true)
        }
        None => Ok(false),
    }
}
