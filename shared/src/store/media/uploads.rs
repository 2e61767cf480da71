//! What platforms call stored files, while they keep them.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::PgConnection;

use super::jobs::uuids;
use crate::domain::ids::{AccountId, MediaId, MessageId};
use crate::store::error::StoreError;
use crate::store::interval::interval;

/// What the platform of `account` calls each of `media`, where it will keep it for `margin` at least.
pub async fn alive(
    conn: &mut PgConnection,
    account: AccountId,
    media: &[MediaId],
    margin: Duration,
) -> Result<HashMap<MediaId, String>, StoreError> {
    let rows = sqlx::query!(
        "select media_id, platform_id from media_uploads
         where account_id = $1 and media_id = any($2) and ends_at > now() + $3::interval",
        account.0,
        &uuids(media),
        interval(margin)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.media_id.into(), row.platform_id)).collect())
}

/// The platform refused `message` because of these uploads: they are over. Whether that is news: a message
/// that was refused because of an upload made for it is not helped by another.
pub async fn forget(
    conn: &mut PgConnection,
    account: AccountId,
    media: &[MediaId],
    message: MessageId,
) -> Result<bool, StoreError> {
    let forgotten = sqlx::query!(
        "update media_uploads set ends_at = now(), refused_for = $3
         where account_id = $1 and media_id = any($2) and refused_for is distinct from $3",
        account.0,
        &uuids(media),
        message.0
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected() > 0)
}

/// Deletes at most `most` uploads that ended more than `since` ago; gives how many.
pub async fn delete_ended(conn: &mut PgConnection, since: Duration, most: i64) -> Result<u64, StoreError> {
    let deleted = sqlx::query!(
        "delete from media_uploads where (media_id, account_id) in (
             select media_id, account_id from media_uploads where ends_at < now() - $1::interval
             limit $2 for update skip locked)",
        interval(since),
        most
    )
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected())
}
