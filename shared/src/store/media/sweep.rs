//! What a crash or a lost wake left behind of work on files.

use std::time::Duration;

use serde_json::json;
use sqlx::PgConnection;

use super::jobs::uuids;
use crate::domain::ids::{AccountId, MediaId, MerchantId};
use crate::store::error::StoreError;
use crate::store::interval::interval;

/// Accounts with work on files that is due and that nobody holds: put back for later, left by a fetcher that
/// died, or waiting since before `lost_since` for a wake that got lost. The flag tells the last from the others.
/// An account that somebody serves right now is not forgotten.
pub async fn forgotten(conn: &mut PgConnection, lost_since: Duration) -> Result<Vec<(AccountId, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"select j.account_id, bool_or(j.attempt = 0) as "lost!"
           from media_jobs j
           join accounts a on a.id = j.account_id
           where j.not_before <= now() and (j.lease_until is null or j.lease_until < now())
             and (j.attempt > 0 or j.created_at < now() - $1::interval)
             and a.status = 'active'
             and not exists (select 1 from media_jobs s where s.account_id = j.account_id and s.lease_until > now())
           group by j.account_id"#,
        interval(lost_since)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id.into(), row.lost)).collect())
}

/// Gives up at most `most` files that nobody fetched before their source forgot them: their account was not
/// to be used meanwhile.
pub async fn give_up(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let error = json!({ "code": "SOURCE_ENDED", "title": "the source no longer has it", "retryable": true });
    let given_up = sqlx::query!(
        "with over as (
             select m.id from media m
             where m.state = 'pending' and m.source_ends_at < now()
               and not exists (select 1 from media_jobs j where j.media_id = m.id and j.lease_until > now())
             order by m.id limit $1 for update skip locked
         ), gone as (
             delete from media_jobs j using over where j.media_id = over.id and j.kind = 'fetch'
         )
         update media m set state = 'failed', error = $2 from over where m.id = over.id",
        most,
        error
    )
    .execute(conn)
    .await?;
    Ok(given_up.rows_affected())
}

/// Forgets that messages wait which have left the outbox: they were refused for another reason meanwhile.
pub async fn forget_waits(conn: &mut PgConnection, since: Duration, most: i64) -> Result<u64, StoreError> {
    let forgotten = sqlx::query!(
        "delete from media_waits where (message_id, media_id) in (
             select w.message_id, w.media_id from media_waits w
             where w.created_at < now() - $1::interval
               and not exists (select 1 from outbox o where o.message_id = w.message_id)
             limit $2 for update skip locked)",
        interval(since),
        most
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}

/// At most `most` files that somebody began to give us more than `since` ago and never finished, each with its
/// merchant: what was stored of them has to go before their rows do.
pub async fn unfinished(
    conn: &mut PgConnection,
    since: Duration,
    most: i64,
) -> Result<Vec<(MerchantId, MediaId)>, StoreError> {
    let rows = sqlx::query!(
        "select merchant_id, id from media
         where source = 'upload' and state = 'pending' and created_at < now() - $1::interval
         order by id limit $2",
        interval(since),
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.merchant_id.into(), row.id.into())).collect())
}

/// Deletes the rows of files that were never finished.
pub async fn delete_unfinished(conn: &mut PgConnection, media: &[MediaId]) -> Result<u64, StoreError> {
    let deleted =
        sqlx::query!("delete from media where id = any($1) and source = 'upload' and state = 'pending'", &uuids(media))
            .execute(conn)
            .await?;
    Ok(deleted.rows_affected())
}
