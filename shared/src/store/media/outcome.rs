//! What became of work on a file.
//!
//! Whoever writes here locks the file's row first: a sender that looks whether its file is there holds it
//! meanwhile, so that either it finds the file or we find that it waits.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::jobs::{Job, JobKind};
use crate::domain::ids::MediaId;
use crate::store::error::StoreError;

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub mime_type: Option<String>,
    /// Its length in bytes.
    pub size: u64,
    /// Its checksum, in lower-case hex.
    pub sha256: String,
    /// Its name in the object store.
    pub object_key: String,
}

/// Whether what was reported still counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It did.
    Yes,
    /// The lease was over: somebody else has the job, or had.
    TooLate,
    /// The file was erased meanwhile: what was stored of it has to go.
    Erased,
}

/// The file of `job` is in our store. Messages that wait for it have it uploaded next.
pub async fn stored(
    conn: &mut PgConnection,
    job: &Job,
    found: &Found,
    at: DateTime<Utc>,
) -> Result<Recorded, StoreError> {
    lock(conn, job.media_id).await?;
    if !leave(conn, job).await? {
        return Ok(Recorded::TooLate);
    }
    if !keep(conn, job.media_id, found, at).await? {
        return Ok(Recorded::Erased);
    }
    sqlx::query!(
        "insert into media_jobs (media_id, account_id, merchant_id, kind)
         select distinct media_id, account_id, merchant_id, 'upload' from media_waits where media_id = $1
         on conflict do nothing",
        job.media_id.0
    )
    .execute(conn)
    .await?;
    Ok(Recorded::Yes)
}

/// The file `media` is in our store; whether there still is such a file to be kept.
pub async fn keep(
    conn: &mut PgConnection,
    media: MediaId,
    found: &Found,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let kept = sqlx::query!(
        "update media set state = 'stored', mime_type = coalesce($2, mime_type), size = $3, sha256 = $4,
                          object_key = $5, error = null, stored_at = $6
         where id = $1 and state <> 'erased'",
        media.0,
        found.mime_type,
        i64::try_from(found.size).unwrap_or(i64::MAX),
        found.sha256,
        found.object_key,
        at
    )
    .execute(conn)
    .await?;
    Ok(kept.rows_affected() > 0)
}

/// The platform of the job's account has the file under `platform_id` until `ends_at`.
pub async fn uploaded(
    conn: &mut PgConnection,
    job: &Job,
    platform_id: &str,
    ends_at: DateTime<Utc>,
) -> Result<Recorded, StoreError> {
    lock(conn, job.media_id).await?;
    if !leave(conn, job).await? {
        return Ok(Recorded::TooLate);
    }
    sqlx::query!(
        "insert into media_uploads (media_id, account_id, merchant_id, platform_id, ends_at)
         values ($1, $2, $3, $4, $5)
         on conflict (media_id, account_id)
         do update set platform_id = excluded.platform_id, ends_at = excluded.ends_at",
        job.media_id.0,
        job.account_id.0,
        job.merchant_id.0,
        platform_id,
        ends_at
    )
    .execute(&mut *conn)
    .await?;
    put_forward(conn, job).await?;
    sqlx::query!("delete from media_waits where media_id = $1 and account_id = $2", job.media_id.0, job.account_id.0)
        .execute(conn)
        .await?;
    Ok(Recorded::Yes)
}

/// The job will not be done: the file says why, and so do the messages that wait for it.
pub async fn failed(conn: &mut PgConnection, job: &Job, error: &Value) -> Result<Recorded, StoreError> {
    lock(conn, job.media_id).await?;
    if !leave(conn, job).await? {
        return Ok(Recorded::TooLate);
    }
    if job.kind == JobKind::Fetch {
        sqlx::query!(
            "update media set state = 'failed', error = $2 where id = $1 and state = 'pending'",
            job.media_id.0,
            error
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query!(
        "update media_waits set error = $3 where media_id = $1 and account_id = $2",
        job.media_id.0,
        job.account_id.0,
        error
    )
    .execute(&mut *conn)
    .await?;
    put_forward(conn, job).await?;
    Ok(Recorded::Yes)
}

async fn lock(conn: &mut PgConnection, media: MediaId) -> Result<(), StoreError> {
    sqlx::query_scalar!("select id from media where id = $1 for update", media.0).fetch_optional(conn).await?;
    Ok(())
}

/// Takes the job away, if the lease still holds.
async fn leave(conn: &mut PgConnection, job: &Job) -> Result<bool, StoreError> {
    let gone = sqlx::query!(
        "delete from media_jobs where media_id = $1 and account_id = $2 and kind = $3 and lease = $4",
        job.media_id.0,
        job.account_id.0,
        job.kind.as_str(),
        job.lease.0
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Messages that wait for the file of `job` are looked at again now.
async fn put_forward(conn: &mut PgConnection, job: &Job) -> Result<(), StoreError> {
    sqlx::query!(
        "update outbox set not_before = now()
         where state = 'waiting' and not_before > now()
           and message_id in (select message_id from media_waits where media_id = $1 and account_id = $2)",
        job.media_id.0,
        job.account_id.0
    )
    .execute(conn)
    .await?;
    Ok(())
}
