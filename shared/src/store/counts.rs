//! How many there are, kept up by the database: what lists say without counting. Statements leave what they change
//! behind as rows of their own, so that no two wait for each other; what holds is the sum.

use sqlx::PgConnection;

use super::error::StoreError;

/// How many there are of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// So many.
    pub count: i64,
    /// Or about so many: judged by a part of them.
    pub is_estimate: bool,
}

impl Total {
    /// Exactly `count`.
    pub const fn exactly(count: i64) -> Self {
        Self { count, is_estimate: false }
    }
}

/// Folds at most `most` of what statements left behind into the counts; how many. Any number of processes may do so:
/// each takes what no other has in hand.
pub async fn fold(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let folded = sqlx::query_scalar!(
        r#"with taken as (
               delete from count_deltas where id in (
                   select id from count_deltas order by id limit $1 for update skip locked
               )
               returning merchant_id, subject, part, state, delta
           ), change as (
               select merchant_id, subject, part, state, sum(delta)::bigint as delta from taken
               group by merchant_id, subject, part, state
               order by merchant_id, subject, part, state
           ), folded as (
               insert into counts as c (merchant_id, subject, part, state, total)
               select merchant_id, subject, part, state, delta from change
               on conflict (merchant_id, subject, part, state) do update set total = c.total + excluded.total
           )
           select count(*) as "folded!" from taken"#,
        most
    )
    .fetch_one(conn)
    .await?;
    Ok(folded.unsigned_abs())
}
