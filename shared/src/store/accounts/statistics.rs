//! What an account has to do with, in numbers that are kept: nothing here grows with the messages.

use sqlx::PgConnection;

use crate::domain::ids::{AccountId, MerchantId};
use crate::store::error::StoreError;

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

/// The numbers of the account.
pub async fn of(conn: &mut PgConnection, merchant: MerchantId, account: AccountId) -> Result<Statistics, StoreError> {
    let messages_this_month = sqlx::query_scalar!(
        r#"select coalesce(sum(messages), 0)::bigint as "messages!" from message_counts
           where merchant_id = $1 and account_id = $2 and month = date_trunc('month', now() at time zone 'utc')::date"#,
        merchant.0,
        account.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let row = sqlx::query!(
        r#"select count(*) as "conversations!", count(distinct contact_id) as "contacts!" from conversations
           where merchant_id = $1 and account_id = $2 and merged_into is null"#,
        merchant.0,
        account.0
    )
    .fetch_one(conn)
    .await?;
    Ok(Statistics { contacts: row.contacts, conversations: row.conversations, messages_this_month })
}
