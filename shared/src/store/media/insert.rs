//! New files and new work on them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::jobs::JobKind;
use super::{FILENAME, LINK};
use crate::domain::ids::{AccountId, MediaId, MerchantId, MessageId};
use crate::domain::message::media::MediaKind;
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::keyring::Keys;
use crate::store::seal::Binding;

/// Where a file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The platform has it under this id.
    Platform(&'a str),
    /// The platform has it at this address.
    PlatformLink(&'a str),
    /// The platform does not have it.
    Nowhere,
    /// Somebody gave us its address.
    Link(&'a str),
    /// Somebody gives us the file itself.
    Upload,
}

impl<'a> Origin<'a> {
    const fn source(self) -> &'static str {
        match self {
            Self::Platform(_) | Self::PlatformLink(_) | Self::Nowhere => "platform",
            Self::Link(_) => "link",
            Self::Upload => "upload",
        }
    }

    const fn platform_id(self) -> Option<&'a str> {
        match self {
            Self::Platform(id) => Some(id),
            _ => None,
        }
    }

    const fn link(self) -> Option<&'a str> {
        match self {
            Self::PlatformLink(link) | Self::Link(link) => Some(link),
            _ => None,
        }
    }
}

/// A file to keep.
#[derive(Clone, Debug)]
pub struct NewMedia<'a> {
    /// Its id.
    pub id: MediaId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The account it came to, or goes from; none for an upload.
    pub account_id: Option<AccountId>,
    /// The message that carries it, and its place there.
    pub of: Option<(MessageId, u16)>,
    /// Where it comes from.
    pub origin: Origin<'a>,
    /// What kind of file it is said to be.
    pub kind: MediaKind,
    /// What it is said to be more closely.
    pub mime_type: Option<&'a str>,
    /// Its name.
    pub filename: Option<&'a str>,
    /// What its checksum is said to be, in lower-case hex.
    pub sha256: Option<String>,
    /// Why it will never be there.
    pub error: Option<Value>,
    /// When its source forgets it.
    pub source_ends_at: Option<DateTime<Utc>>,
}

/// Keeps `media`, in the order of their ids; gives those that are new. What is there stays as it is.
pub async fn insert(
    conn: &mut PgConnection,
    keys: &Keys,
    media: &[NewMedia<'_>],
) -> Result<HashSet<MediaId>, StoreError> {
    if media.is_empty() {
        return Ok(HashSet::new());
    }
    let mut sorted: Vec<&NewMedia<'_>> = media.iter().collect();
    sorted.sort_unstable_by_key(|one| one.id);
    let links = sorted.iter().map(|one| seal(keys, one, LINK, one.origin.link())).collect::<Result<Vec<_>, _>>()?;
    let names = sorted.iter().map(|one| seal(keys, one, FILENAME, one.filename)).collect::<Result<Vec<_>, _>>()?;
    let rows = sqlx::query_scalar!(
        "insert into media (id, merchant_id, account_id, message_id, position, source, platform_id, link, kind,
                            mime_type, filename, sha256, state, error, source_ends_at)
         select id, merchant_id, account_id, message_id, position, source, platform_id, link, kind, mime_type,
                filename, sha256, case when error is null then 'pending' else 'failed' end, error, source_ends_at
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::smallint[], $6::text[], $7::text[],
                     $8::bytea[], $9::text[], $10::text[], $11::bytea[], $12::text[], $13::jsonb[],
                     $14::timestamptz[])
              as new (id, merchant_id, account_id, message_id, position, source, platform_id, link, kind, mime_type,
                      filename, sha256, error, source_ends_at)
         on conflict do nothing
         returning id",
        &column(&sorted, |one| one.id.0),
        &column(&sorted, |one| one.merchant_id.0),
        &column(&sorted, |one| one.account_id.map(Uuid::from)) as &[Option<Uuid>],
        &column(&sorted, |one| one.of.map(|(message, _)| message.0)) as &[Option<Uuid>],
        &column(&sorted, |one| one.of.map_or(0, |(_, position)| i16::try_from(position).unwrap_or(i16::MAX))),
        &column(&sorted, |one| one.origin.source().to_owned()),
        &column(&sorted, |one| one.origin.platform_id().map(str::to_owned)) as &[Option<String>],
        &links as &[Option<Vec<u8>>],
        &column(&sorted, |one| one.kind.as_str().to_owned()),
        &column(&sorted, |one| one.mime_type.map(str::to_owned)) as &[Option<String>],
        &names as &[Option<Vec<u8>>],
        &column(&sorted, |one| one.sha256.clone()) as &[Option<String>],
        &column(&sorted, |one| one.error.clone()) as &[Option<Value>],
        &column(&sorted, |one| one.source_ends_at) as &[Option<DateTime<Utc>>]
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(MediaId).collect())
}

/// Work to do on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewJob {
    /// The file.
    pub media_id: MediaId,
    /// In whose name.
    pub account_id: AccountId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// What to do.
    pub kind: JobKind,
}

/// Writes down `jobs`; one that is there already stays as it is.
pub async fn enqueue(conn: &mut PgConnection, jobs: &[NewJob]) -> Result<(), StoreError> {
    if jobs.is_empty() {
        return Ok(());
    }
    let mut sorted = jobs.to_vec();
    sorted.sort_unstable();
    let column = |value: fn(&NewJob) -> Uuid| sorted.iter().map(value).collect::<Vec<_>>();
    let kinds: Vec<String> = sorted.iter().map(|job| job.kind.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into media_jobs (media_id, account_id, merchant_id, kind)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
         on conflict do nothing",
        &column(|job| job.media_id.0),
        &column(|job| job.account_id.0),
        &column(|job| job.merchant_id.0),
        &kinds
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn seal(
    keys: &Keys,
    media: &NewMedia<'_>,
    place: &'static str,
    text: Option<&str>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let keys = keys.of(media.merchant_id)?;
    Ok(text.map(|text| keys.seal(Binding::new(place, media.id), text.as_bytes())).transpose()?)
}
