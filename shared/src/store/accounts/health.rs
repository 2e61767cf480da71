//! How accounts stand with their platform, as the API shows it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::account::AccountStatus;
use crate::domain::ids::{AccountId, MerchantId};
use crate::domain::platform_news::{MessagingLimit, Restriction};
use crate::store::error::StoreError;

/// How an account stands with its platform.
#[derive(Clone, Debug)]
pub struct AccountHealth {
    /// The account.
    pub id: AccountId,
    /// Whether it can be used.
    pub status: AccountStatus,
    /// Why not.
    pub status_reason: Option<String>,
    /// What the platform thinks of it, in its word.
    pub quality: Option<String>,
    /// Customers that it may write to outside a window in 24 h; the portfolio's, where the account names one
    /// whose limit is known.
    pub limit: Option<MessagingLimit>,
    /// Messages a second that the platform takes from it.
    pub throughput_per_second: i32,
    /// The decision on its display name, in the platform's word.
    pub name_status: Option<String>,
    /// The decision on its review, in the platform's word.
    pub review: Option<String>,
    /// How many numbers its business may have.
    pub max_phone_numbers: Option<i32>,
    /// What the platform forbids, also what has run out.
    pub restrictions: Vec<Restriction>,
    /// What holds its sends back: its own and its business account's.
    pub holds: Vec<SendHold>,
}

/// Something that holds an account's sends back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendHold {
    /// What is held: `number` or `business`.
    pub scope: String,
    /// Until when; none until somebody has looked.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
}

/// How the merchant's account stands; none where it has no such account.
pub async fn get(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
) -> Result<Option<AccountHealth>, StoreError> {
    let row = sqlx::query!(
        r#"select a.channel, a.business_id, a.status, a.status_reason, a.quality_rating, a.throughput_per_second,
                  coalesce(p.messaging_limit, a.messaging_limit) as messaging_limit, a.name_status, a.review,
                  a.max_phone_numbers, a.restrictions
           from accounts a
           left join portfolios p on p.id = a.portfolio_id and p.merchant_id = a.merchant_id
           where a.merchant_id = $1 and a.id = $2"#,
        merchant.0,
        account.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let corrupt = |problem: String| StoreError::Corrupt { table: "accounts", problem };
    Ok(Some(AccountHealth {
        id: account,
        status: row.status.parse().map_err(|error| corrupt(format!("{error}")))?,
        status_reason: row.status_reason,
        quality: row.quality_rating,
        limit: row.messaging_limit.map(MessagingLimit::of_row),
        throughput_per_second: row.throughput_per_second,
        name_status: row.name_status,
        review: row.review,
        max_phone_numbers: row.max_phone_numbers,
        restrictions: serde_json::from_value(row.restrictions).map_err(|error| corrupt(error.to_string()))?,
        holds: holds(conn, merchant, account.0, &row.channel, row.business_id.as_deref()).await?,
    }))
}

async fn holds(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: Uuid,
    channel: &str,
    business_id: Option<&str>,
) -> Result<Vec<SendHold>, StoreError> {
    let rows = sqlx::query_as!(
        SendHold,
        "select scope, until, reason from send_holds
         where merchant_id = $1 and channel = $2 and (until is null or until > now())
           and ((scope = 'number' and subject = $3) or (scope = 'business' and subject = $4))
         order by scope",
        merchant.0,
        channel,
        account.to_string(),
        business_id
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
