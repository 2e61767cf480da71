//! How far the statuses of each account have come. What is in doubt may be sent again only where statuses
//! demonstrably flow.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, MerchantId, MessageId};
use crate::store::error::StoreError;

/// The newest status of each account that was applied, by the ingress's clock.
pub type Newest = BTreeMap<AccountId, (MerchantId, DateTime<Utc>)>;

/// Notes that statuses up to `newest` were applied at `at`.
pub async fn note(conn: &mut PgConnection, newest: &Newest, at: DateTime<Utc>) -> Result<(), StoreError> {
    if newest.is_empty() {
        return Ok(());
    }
    let accounts: Vec<Uuid> = newest.keys().map(|id| id.0).collect();
    let merchants: Vec<Uuid> = newest.values().map(|(merchant, _)| merchant.0).collect();
    let times: Vec<DateTime<Utc>> = newest.values().map(|(_, received_at)| *received_at).collect();
    sqlx::query!(
        "insert into status_flow (account_id, merchant_id, received_at, applied_at)
         select account_id, merchant_id, received_at, $4
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as new (account_id, merchant_id, received_at)
         on conflict (account_id) do update
         set received_at = greatest(status_flow.received_at, excluded.received_at),
             applied_at = greatest(status_flow.applied_at, excluded.applied_at)",
        &accounts,
        &merchants,
        &times,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that statuses spoke of `messages`, after [`note`]: whatever was sent before the latest of them
/// would have been spoken of too, had it gone.
pub async fn confirmed(conn: &mut PgConnection, messages: &[MessageId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = messages.iter().map(|message| message.0).collect();
    let (Some(least), Some(greatest)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(());
    };
    sqlx::query!(
        "with confirmed as (
             select account_id, max(attempted_at) as at from messages
             where id = any($1) and id between $2 and $3 and direction = 'outbound'
             group by account_id
         ), meant as (
             select f.account_id, c.at from status_flow f join confirmed c on c.account_id = f.account_id
             order by f.account_id for update of f
         )
         update status_flow f set confirmed_at = greatest(f.confirmed_at, meant.at)
         from meant where f.account_id = meant.account_id",
        &ids,
        least,
        greatest
    )
    .execute(conn)
    .await?;
    Ok(())
}
