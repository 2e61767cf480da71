//! What is due in the work tables: the figures by which workers are scaled and their delay is seen.

use sqlx::PgConnection;

use crate::store::error::StoreError;

/// More rows than this are not counted: past it as many workers run as may.
const MOST_ROWS: i64 = 100_000;
/// What an account may send in so many seconds is work for a sender; what lies behind it waits for the account's
/// own pace, and more senders would not help.
const PACED_SECONDS: i32 = 10;

/// What waits in one work table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Due {
    /// Rows that could be taken up now.
    pub rows: i64,
    /// Seconds since the oldest of them could be; 0 where there is none.
    pub age: f64,
}

/// Messages that the flow engine has not read.
pub async fn inbox(conn: &mut PgConnection) -> Result<Due, StoreError> {
    let row = sqlx::query!(
        r#"select (select count(*) from (select 1 from inbox limit $1) counted) as "rows!",
                  coalesce(extract(epoch from now() - (select min(created_at) from inbox)), 0)::float8 as "age!""#,
        MOST_ROWS
    )
    .fetch_one(conn)
    .await?;
    Ok(Due { rows: row.rows, age: row.age.max(0.0) })
}

/// Messages that could be sent in the next seconds: of each account that sends no more than its pace lets through. The
/// age is that of the oldest of accounts that have less than that: theirs wait for a sender and for nothing else.
///
/// Accounts are found by skipping from one to the next in an index, so that a long backlog costs no more than a short.
pub async fn outbox(conn: &mut PgConnection) -> Result<Due, StoreError> {
    let row = sqlx::query!(
        r#"with recursive waiting as (
               (select account_id from outbox order by account_id limit 1)
               union all
               select (select o.account_id from outbox o where o.account_id > w.account_id
                       order by o.account_id limit 1)
               from waiting w where w.account_id is not null
           )
           select coalesce(sum(next.rows), 0)::bigint as "rows!",
                  coalesce(extract(epoch from now() - min(next.oldest)
                      filter (where next.rows < a.throughput_per_second * $1)), 0)::float8 as "age!"
           from waiting w
           join accounts a on a.id = w.account_id
           cross join lateral (
               select count(*) as rows, min(due) as oldest from (
                   select greatest(o.created_at, o.not_before) as due from outbox o
                   where o.account_id = a.id and o.state = 'waiting' and o.not_before <= now()
                   limit a.throughput_per_second * $1
               ) counted
           ) next
           where a.status = 'active' and not account_is_held(a.channel, a.id, a.business_id, a.app)"#,
        PACED_SECONDS
    )
    .fetch_one(conn)
    .await?;
    Ok(Due { rows: row.rows, age: row.age.max(0.0) })
}

/// Files to fetch or to upload that nobody has in hand.
pub async fn media_jobs(conn: &mut PgConnection) -> Result<Due, StoreError> {
    let row = sqlx::query!(
        r#"select count(*) as "rows!",
                  coalesce(extract(epoch from now() - min(due)), 0)::float8 as "age!"
           from (
               select greatest(created_at, not_before) as due from media_jobs
               where not_before <= now() and (lease_until is null or lease_until < now())
               limit $1
           ) counted"#,
        MOST_ROWS
    )
    .fetch_one(conn)
    .await?;
    Ok(Due { rows: row.rows, age: row.age.max(0.0) })
}
