//! Files in what was stored: a row each, and work for the fetcher.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::channels::whatsapp::media::checksum;
use shared::domain::deterministic;
use shared::domain::ids::{AccountId, MediaId};
use shared::domain::message::media::{Media, MediaKind, MediaSource};
use shared::store::keyring::Keys;
use shared::store::media::insert::{self, NewJob, NewMedia, Origin};
use shared::store::media::jobs::JobKind;
use shared::store::{PgConnection, StoreError};

use super::writing::Claimed;

/// How long a platform keeps a file that it told of (platform notes on WhatsApp, section 5).
const KEPT: TimeDelta = TimeDelta::days(7);

/// Notes the files of messages that were just stored; gives the accounts that have some to fetch. The same
/// message stored again has the same files, and changes nothing.
pub(super) async fn note(
    conn: &mut PgConnection,
    keys: &Keys,
    stored: &[Claimed<'_>],
) -> Result<HashSet<AccountId>, StoreError> {
    let files: Vec<NewMedia<'_>> = stored.iter().flat_map(|claimed| files(claimed)).collect();
    let new = insert::insert(conn, keys, &files).await?;
    let jobs: Vec<NewJob> = files.iter().filter_map(|file| job(file, &new)).collect();
    insert::enqueue(conn, &jobs).await?;
    Ok(jobs.into_iter().map(|job| job.account_id).collect())
}

fn files<'a>(claimed: &'a Claimed<'_>) -> Vec<NewMedia<'a>> {
    let message = &claimed.read.message;
    let media = message.content.media().map(|(_, media)| media);
    let files = message.content.files().into_iter().enumerate();
    files.filter_map(|(position, (kind, source))| file(claimed, position, kind, source, media)).collect()
}

fn file<'a>(
    claimed: &Claimed<'_>,
    position: usize,
    kind: MediaKind,
    source: &'a MediaSource,
    media: Option<&'a Media>,
) -> Option<NewMedia<'a>> {
    let origin = match source {
        MediaSource::Platform { id } => Origin::Platform(id),
        MediaSource::Link { url } => Origin::PlatformLink(url),
        MediaSource::Lost => Origin::Nowhere,
        MediaSource::Stored { .. } => return None,
    };
    let position = u16::try_from(position).ok()?;
    Some(NewMedia {
        id: deterministic::media_id(claimed.read.id, position),
        merchant_id: claimed.account.merchant_id,
        account_id: Some(claimed.account.id),
        of: Some((claimed.read.id, position)),
        origin,
        kind,
        mime_type: media.and_then(|media| media.mime_type.as_deref()),
        filename: media.and_then(|media| media.filename.as_deref()),
        sha256: media.and_then(|media| checksum(media.sha256.as_deref()?)),
        error: (*source == MediaSource::Lost).then(|| lost(media)),
        source_ends_at: Some(claimed.read.message.sent_at + KEPT),
    })
}

/// The platform could not hand the file over, and mostly says why.
fn lost(media: Option<&Media>) -> Value {
    let fault = media.and_then(|media| media.faults.first());
    let title = fault.map_or("the platform does not have it", |fault| fault.title.as_str());
    json!({ "code": "LOST", "title": title, "retryable": false, "platformCode": fault.map(|fault| fault.code) })
}

fn job(file: &NewMedia<'_>, new: &HashSet<MediaId>) -> Option<NewJob> {
    let is_to_fetch = file.error.is_none() && new.contains(&file.id);
    let account_id = file.account_id.filter(|_| is_to_fetch)?;
    Some(NewJob { media_id: file.id, account_id, merchant_id: file.merchant_id, kind: JobKind::Fetch })
}
