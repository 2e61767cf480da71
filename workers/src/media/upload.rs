//! Giving a stored file to a platform.

use std::sync::Arc;

use reqwest::Body;
use shared::channels::media::{Upload, Uploaded};
use shared::channels::{Platforms, SenderAccount};
use shared::domain::message::limits;
use shared::domain::message::media::MediaKind;
use shared::objects::{ObjectKey, Objects};
use shared::store::media::jobs::Job;
use shared::store::seal::MerchantKeys;
use shared::store::segments;

use super::fault::Fault;

const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Gives the file of `job` to the platform of `account`.
pub async fn upload(
    platforms: &Platforms,
    objects: &Objects,
    account: &SenderAccount,
    job: &Job,
    keys: Arc<MerchantKeys>,
) -> Result<Uploaded, Fault> {
    let (Some(key), Some(size)) = (&job.object_key, job.size) else {
        return Err(Fault::person("STORE_BROKEN", "it is not in the store"));
    };
    let mime_type = job.mime_type.as_deref().unwrap_or(UNKNOWN_TYPE);
    limits::media_file(account.credentials.channel(), job.media_kind, mime_type, size)
        .map_err(|broken| Fault::never("NOT_SENDABLE", broken.to_string()))?;
    let object = objects.get(&ObjectKey::written(key)).await?;
    let object = futures::StreamExt::map(object, |chunk| chunk.map_err(Fault::from));
    let opened = segments::open(keys, job.media_id, 0, Box::pin(object));
    let upload = Upload {
        kind: job.media_kind,
        mime_type,
        filename: job.filename.as_deref().unwrap_or_else(|| name_of(job.media_kind)),
        size,
        body: Body::wrap_stream(opened),
    };
    Ok(platforms.upload_media(account, upload).await?)
}

/// A file has to have some name.
const fn name_of(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker.webp",
    }
}
