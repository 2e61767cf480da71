//! How far the statuses of each account have come. What is in doubt may be sent again only where statuses
//! demonstrably flow.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, MerchantId};
use crate::store::error::StoreError;

/// How far the statuses of one account have come by what was applied.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// Whose account it is.
    pub merchant_id: MerchantId,
    /// When the ingress had the newest status, by its clock.
    pub received_at: DateTime<Utc>,
    /// When the platform was called for the latest message that a status spoke of. Whatever was sent before
    /// would have been spoken of too, had it gone.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Notes `flows`, applied at `at`.
///
/// It comes last in a transaction: an account's statuses are applied by several at once, and each holds the
/// account's one row from here to its end.
pub async fn note(
    conn: &mut PgConnection,
    flows: &BTreeMap<AccountId, Flow>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    if flows.is_empty() {
        return Ok(());
    }
    let accounts: Vec<Uuid> = flows.keys().map(|id| id.0).collect();
    let merchants: Vec<Uuid> = flows.values().map(|flow| flow.merchant_id.0).collect();
    let received: Vec<DateTime<Utc>> = flows.values().map(|flow| flow.received_at).collect();
    let confirmed: Vec<Option<DateTime<Utc>>> = flows.values().map(|flow| flow.confirmed_at).collect();
    sqlx::query!(
        "insert into status_flow (account_id, merchant_id, received_at, applied_at, confirmed_at)
         select account_id, merchant_id, received_at, $5, confirmed_at
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
              as new (account_id, merchant_id, received_at, confirmed_at)
         on conflict (account_id) do update
         set received_at = greatest(status_flow.received_at, excluded.received_at),
             applied_at = greatest(status_flow.applied_at, excluded.applied_at),
             confirmed_at = greatest(status_flow.confirmed_at, excluded.confirmed_at)",
        &accounts,
        &merchants,
        &received,
        &confirmed as &[Option<DateTime<Utc>>],
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}
