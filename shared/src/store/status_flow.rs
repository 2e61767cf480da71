//! How far the statuses of each account have come: what says whether a status that is missing is late,
//! or never was.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, MerchantId, MessageId};
use crate::store::error::StoreError;

/// A status that was applied.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Of which account.
    pub account_id: AccountId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// When the ingress had it.
    pub received_at: DateTime<Utc>,
    /// The message it speaks of, where it bore our name for it.
    pub message_id: Option<MessageId>,
}

/// Notes statuses, in the transaction that applies them.
pub async fn note(conn: &mut PgConnection, seen: &[Seen]) -> Result<(), StoreError> {
    let mut newest: BTreeMap<AccountId, (MerchantId, DateTime<Utc>)> = BTreeMap::new();
    for one in seen {
        let kept = newest.entry(one.account_id).or_insert((one.merchant_id, one.received_at));
        kept.1 = kept.1.max(one.received_at);
    }
    if newest.is_empty() {
        return Ok(());
    }
    let accounts: Vec<Uuid> = newest.keys().map(|account| account.0).collect();
    let merchants: Vec<Uuid> = newest.values().map(|(merchant, _)| merchant.0).collect();
    let received: Vec<DateTime<Utc>> = newest.values().map(|(_, at)| *at).collect();
    let messages: Vec<Uuid> = seen.iter().filter_map(|one| one.message_id).map(Uuid::from).collect();
    sqlx::query!(
        "with confirmed as (
             select account_id, max(attempted_at) as at from messages
             where id = any($4) and id between $5 and $6 and direction = 'outbound'
             group by account_id
         )
         insert into status_flow as f (account_id, merchant_id, received_at, applied_at, confirmed_at)
         select new.account_id, new.merchant_id, new.received_at, now(), confirmed.at
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as new (account_id, merchant_id, received_at)
         left join confirmed on confirmed.account_id = new.account_id
         order by new.account_id
         on conflict (account_id) do update
         set applied_at = case when excluded.received_at > f.received_at then excluded.applied_at else f.applied_at end,
             received_at = greatest(f.received_at, excluded.received_at),
             confirmed_at = greatest(f.confirmed_at, excluded.confirmed_at)",
        &accounts,
        &merchants,
        &received,
        &messages,
        messages.iter().min().copied().unwrap_or_default(),
        messages.iter().max().copied().unwrap_or_default()
    )
    .execute(conn)
    .await?;
    Ok(())
}
