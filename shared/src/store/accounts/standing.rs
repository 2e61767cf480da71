//! How the accounts of an installation stand, counted: what operators watch.

use sqlx::PgConnection;

use crate::domain::account::AccountStatus;
use crate::domain::channel::Channel;
use crate::store::accounts::usage::MOST_CUSTOMERS;
use crate::store::error::StoreError;

/// Accounts that stand alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Their channel.
    pub channel: Channel,
    /// Whether they can be used.
    pub status: AccountStatus,
    /// What the platform thinks of them, in its word; none where it never said.
    pub quality: Option<String>,
    /// How many there are.
    pub accounts: i64,
}

/// The connected accounts of all merchants, by how they stand.
pub async fn counts(conn: &mut PgConnection) -> Result<Vec<Standing>, StoreError> {
    let rows = sqlx::query!(
        r#"select channel, status, quality_rating, count(*) as "accounts!" from accounts
           where status <> 'inactive' group by channel, status, quality_rating"#
    )
    .fetch_all(conn)
    .await?;
    let corrupt = |problem: String| StoreError::Corrupt { table: "accounts", problem };
    rows.into_iter()
        .map(|row| {
            Ok(Standing {
                channel: row.channel.parse().map_err(|error| corrupt(format!("{error}")))?,
                status: row.status.parse().map_err(|error| corrupt(format!("{error}")))?,
                quality: row.quality_rating,
                accounts: row.accounts,
            })
        })
        .collect()
}

/// The largest share of a messaging limit that was used in the last 24 h: customers who got a template, of those that
/// the portfolio (or the business account, while no portfolio is known) may write to. 0 where no limit is known.
pub async fn limit_used(conn: &mut PgConnection) -> Result<f64, StoreError> {
    let used = sqlx::query_scalar!(
        r#"with limited as (
               select a.merchant_id, a.channel, coalesce(a.portfolio_id::text, a.business_id, a.id::text) as together,
                      max(coalesce(p.messaging_limit, a.messaging_limit)) as most, array_agg(a.id) as ids
               from accounts a left join portfolios p on p.id = a.portfolio_id
               where a.status <> 'inactive' and coalesce(p.messaging_limit, a.messaging_limit) > 0
               group by 1, 2, 3
           )
           select coalesce(max(used.customers::float8 / l.most), 0)::float8 as "used!"
           from limited l
           cross join lateral (
               select count(distinct m.contact_id) as customers
               from unnest(l.ids) as mine (id)
               cross join lateral (
                   select contact_id from messages
                   where account_id = mine.id and kind = 'template' and direction = 'outbound'
                     and id >= first_uuid_of(now() - interval '24 hours')
                   limit $1
               ) m
           ) used"#,
        MOST_CUSTOMERS
    )
    .fetch_one(conn)
    .await?;
    Ok(used)
}
