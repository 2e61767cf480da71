//! News of accounts, applied: the newest stands, in any order and however often they come.

mod row;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use self::row::Written;
use crate::domain::account::AccountStatus;
use crate::domain::ids::{AccountId, MerchantId, PortfolioId};
use crate::domain::platform_news::{AccountNews, MessagingLimit, Restriction, Told};
use crate::store::error::StoreError;

/// Something told of an account.
#[derive(Clone, Copy, Debug)]
pub struct AccountTold<'a> {
    /// Of which.
    pub account_id: AccountId,
    /// What.
    pub news: &'a AccountNews,
    /// When, by the platform's clock.
    pub at: DateTime<Utc>,
}

/// What news did.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// For each piece of news, whether it changed anything.
    pub changed: Vec<bool>,
    /// For each piece of news, whether it is about that very account, not another number of its business.
    pub meant: Vec<bool>,
    /// Accounts that now stand otherwise with their platform.
    pub standings: Vec<StandingChange>,
}

/// An account stands otherwise with its platform.
#[derive(Clone, Debug)]
pub struct StandingChange {
    /// Whose.
    pub merchant_id: MerchantId,
    /// Which.
    pub account_id: AccountId,
    /// How it stood.
    pub before: Health,
    /// How it stands.
    pub after: Health,
}

/// How an account stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Whether it can be used.
    pub status: AccountStatus,
    /// Why not.
    pub status_reason: Option<String>,
    /// What the platform forbids.
    pub restrictions: Vec<Restriction>,
}

/// Applies `told`, to accounts and to the portfolios they name.
pub async fn apply(conn: &mut PgConnection, told: &[AccountTold<'_>]) -> Result<Applied, StoreError> {
    let mut applied = Applied::default();
    if told.is_empty() {
        return Ok(applied);
    }
    let mut rows = row::lock(conn, &told.iter().map(|told| told.account_id.0).collect::<Vec<_>>()).await?;
    let before = rows.clone();
    let mut limits: BTreeMap<PortfolioId, Told<MessagingLimit>> = BTreeMap::new();
    for told in told {
        let is_meant = before.get(&told.account_id).is_some_and(|row| row.is_meant(told.news, &before));
        let changed = rows.get_mut(&told.account_id).is_some_and(|row| row.hear(told, is_meant));
        applied.changed.push(changed);
        applied.meant.push(is_meant);
        let portfolio = before.get(&told.account_id).and_then(|row| row.portfolio_id);
        if let (Some(portfolio), Some(limit)) = (portfolio, told.news.portfolio_limit()) {
            limits.entry(portfolio).or_insert(Told::never(limit)).hear(limit, told.at);
        }
    }
    for (id, row) in &mut rows {
        let was = &before[id];
        if row.record.standing != was.record.standing {
            row.follow_standing(was);
            applied.standings.push(StandingChange {
                merchant_id: row.merchant_id,
                account_id: *id,
                before: was.health(),
                after: row.health(),
            });
        }
    }
    let changed: Vec<Written> =
        rows.iter().filter(|(id, row)| **row != before[id]).map(|(id, row)| row.written(*id)).collect();
    row::write(conn, &changed).await?;
    write_portfolios(conn, &limits).await?;
    Ok(applied)
}

async fn write_portfolios(
    conn: &mut PgConnection,
    limits: &BTreeMap<PortfolioId, Told<MessagingLimit>>,
) -> Result<(), StoreError> {
    if limits.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = limits.keys().map(|id| id.0).collect();
    let values: Vec<i32> = limits.values().map(|limit| limit.value.as_row()).collect();
    let times: Vec<Option<DateTime<Utc>>> = limits.values().map(|limit| limit.at).collect();
    // Of two limits told in the same second the greater stands, and none is the greatest.
    sqlx::query!(
        "with locked as (select id from portfolios where id = any($1) order by id for no key update)
         update portfolios p set messaging_limit = new.messaging_limit, limit_at = new.at
         from unnest($1::uuid[], $2::int[], $3::timestamptz[]) as new (id, messaging_limit, at)
         join locked on locked.id = new.id
         where p.id = new.id
           and (p.limit_at is null
                or (new.at, new.messaging_limit = -1, new.messaging_limit)
                   > (p.limit_at, p.messaging_limit = -1, p.messaging_limit))",
        &ids,
        &values,
        &times as &[Option<DateTime<Utc>>]
    )
    .execute(conn)
    .await?;
    Ok(())
}
