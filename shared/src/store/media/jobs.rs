//! Work on files: claimed under a lease by whichever fetcher is free, and put back for later.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use chrono::{DateTime, Utc};

use super::{FILENAME, LINK};
use crate::domain::ids::{AccountId, MediaId, MerchantId, MessageId};
use crate::domain::message::media::MediaKind;
use crate::store::error::StoreError;
use crate::store::interval::interval;
use crate::store::keyring::{Keyring, Keys};
use crate::store::outbox::Lease;
use crate::store::seal::Binding;

/// What is to be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Bring it into our store.
    Fetch,
    /// Give it to the platform.
    Upload,
}

impl JobKind {
    /// The name in rows and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Upload => "upload",
        }
    }
}

/// Where a claimed file is.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// The platform has it under this id.
    Platform(String),
    /// The platform has it at this address.
    PlatformLink(String),
    /// Somebody gave us its address.
    Link(String),
    /// In our store, or nowhere.
    None,
}

impl std::fmt::Debug for Source {
    /// Addresses carry keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Platform(_) => "Platform",
            Self::PlatformLink(_) => "PlatformLink",
            Self::Link(_) => "Link",
            Self::None => "None",
        })
    }
}

/// A claimed job and its file.
#[derive(Clone, Debug)]
pub struct Job {
    /// What to do.
    pub kind: JobKind,
    /// The file.
    pub media_id: MediaId,
    /// In whose name.
    pub account_id: AccountId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The hold on it.
    pub lease: Lease,
    /// Which attempt this is, from one. One that was never recorded counts.
    pub attempt: u32,
    /// Where the file is.
    pub source: Source,
    /// Where it is in our store.
    pub object_key: Option<String>,
    /// What kind of file it is.
    pub media_kind: MediaKind,
    /// What it is said to be, or is.
    pub mime_type: Option<String>,
    /// Its name.
    pub filename: Option<String>,
    /// Its length in bytes, once it is stored.
    pub size: Option<u64>,
    /// Its checksum in lower-case hex, as it was told or is.
    pub sha256: Option<String>,
    /// When its source forgets it.
    pub source_ends_at: Option<DateTime<Utc>>,
}

/// Claims at most `most` jobs of `account` that are due, those that waited longest first. None while the
/// platform refuses the account.
pub async fn claim(
    conn: &mut PgConnection,
    keyring: &Keyring,
    account: AccountId,
    most: i64,
    hold: Duration,
) -> Result<Vec<Job>, StoreError> {
    let lease = Lease(MessageId::new().0);
    let rows = sqlx::query!(
        r#"with due as (
             select j.media_id, j.kind from media_jobs j
             where j.account_id = $1 and j.not_before <= now() and (j.lease_until is null or j.lease_until < now())
               and exists (select 1 from accounts a where a.id = $1 and a.status = 'active')
             order by j.not_before, j.media_id
             limit $2
             for update skip locked
         ), claimed as (
             update media_jobs j set lease = $3, lease_until = now() + $4, attempt = j.attempt + 1
             from due where j.media_id = due.media_id and j.account_id = $1 and j.kind = due.kind
             returning j.media_id, j.kind, j.attempt
         )
         select c.media_id, c.kind as job_kind, c.attempt, m.merchant_id, m.source, m.platform_id, m.link, m.kind,
                m.mime_type, m.filename, m.size, m.sha256, m.object_key, m.source_ends_at
         from claimed c join media m on m.id = c.media_id
         order by c.media_id"#,
        account.0,
        most,
        lease.0,
        interval(hold)
    )
    .fetch_all(&mut *conn)
    .await?;
    let merchants: Vec<MerchantId> = rows.iter().map(|row| MerchantId(row.merchant_id)).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    rows.into_iter()
        .map(|row| {
            let opens = Opens { keys: &keys, merchant: row.merchant_id.into(), media: row.media_id.into() };
            let link = opens.text(LINK, row.link.as_deref())?;
            let source = match (row.source.as_str(), row.platform_id, link) {
                ("platform", Some(id), _) => Source::Platform(id),
                ("platform", None, Some(link)) => Source::PlatformLink(link),
                ("link", _, Some(link)) => Source::Link(link),
                _ => Source::None,
            };
            Ok(Job {
                kind: if row.job_kind == "fetch" { JobKind::Fetch } else { JobKind::Upload },
                media_id: opens.media,
                account_id: account,
                merchant_id: opens.merchant,
                lease,
                attempt: u32::try_from(row.attempt).unwrap_or(u32::MAX),
                source,
                object_key: row.object_key,
                media_kind: kind(&row.kind)?,
                mime_type: row.mime_type,
                filename: opens.text(FILENAME, row.filename.as_deref())?,
                size: row.size.and_then(|size| u64::try_from(size).ok()),
                sha256: row.sha256,
                source_ends_at: row.source_ends_at,
            })
        })
        .collect()
}

/// Puts `job` back to be tried again after `delay`; the file says why, until then.
pub async fn later(
    conn: &mut PgConnection,
    job: &Job,
    delay: Duration,
    why: &serde_json::Value,
) -> Result<(), StoreError> {
    sqlx::query!("update media set error = $2 where id = $1 and state = 'pending'", job.media_id.0, why)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "update media_jobs set lease = null, lease_until = null, not_before = now() + $5
         where media_id = $1 and account_id = $2 and kind = $3 and lease = $4",
        job.media_id.0,
        job.account_id.0,
        job.kind.as_str(),
        job.lease.0,
        interval(delay)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Opens what is sealed of a file.
pub(super) struct Opens<'a> {
    pub(super) keys: &'a Keys,
    pub(super) merchant: MerchantId,
    pub(super) media: MediaId,
}

impl Opens<'_> {
    pub(super) fn text(&self, place: &'static str, sealed: Option<&[u8]>) -> Result<Option<String>, StoreError> {
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let plain = self.keys.of(self.merchant)?.open(Binding::new(place, self.media), sealed)?;
        String::from_utf8(plain).map(Some).map_err(|error| corrupt(&error))
    }
}

pub(super) fn kind(text: &str) -> Result<MediaKind, StoreError> {
    text.parse().map_err(|error| corrupt(&error))
}

fn corrupt(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Corrupt { table: "media", problem: error.to_string() }
}

/// Jobs that wait, by kind: due or not, held or not.
pub async fn waiting(conn: &mut PgConnection) -> Result<Vec<(JobKind, i64)>, StoreError> {
    let row = sqlx::query!(
        r#"select count(*) filter (where kind = 'fetch') as "fetch!",
                  count(*) filter (where kind = 'upload') as "upload!" from media_jobs"#
    )
    .fetch_one(conn)
    .await?;
    Ok(vec![(JobKind::Fetch, row.fetch), (JobKind::Upload, row.upload)])
}

/// Uuids of jobs' files, for a query.
pub(super) fn uuids(media: &[MediaId]) -> Vec<Uuid> {
    media.iter().map(|id| id.0).collect()
}
