//! How far the statuses of each account have come. What is in doubt may be sent again only where statuses
//! demonstrably flow.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, MerchantId};
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
