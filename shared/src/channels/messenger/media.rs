//! Files (platform notes, section 4): `POST {base}/{page id}/message_attachments`.

use std::time::Duration;

use reqwest::Client;
use reqwest::multipart::{Form, Part};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::super::answer;
use super::super::media::{MediaFault, TRANSFER_LIMIT, Upload, Uploaded, refusal, unreadable, without_answer};
use super::super::{endpoint, graph, read};
use super::error;
use crate::domain::message::media::MediaKind;

/// The platform names no end of what is reusable; it is uploaded anew now and then all the same.
const UPLOAD_LIVES: Duration = Duration::from_hours(30 * 24);

/// Gives a file to the page `page_id`, to be used in any number of messages.
pub(in crate::channels) async fn upload(
    client: &Client,
    base: &Url,
    page_id: &str,
    page_token: &SecretString,
    upload: Upload<'_>,
) -> Result<Uploaded, MediaFault> {
    let kind = match upload.kind {
        MediaKind::Image | MediaKind::Sticker => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "file",
    };
    let message = json!({ "attachment": { "type": kind, "payload": { "is_reusable": true } } });
    let file = Part::stream_with_length(upload.body, upload.size)
        .file_name(upload.filename.to_owned())
        .mime_str(upload.mime_type)
        .map_err(|_| MediaFault::Unsupported("its media type does not read"))?;
    let form = Form::new().text("message", message.to_string()).part("filedata", file);
    let request = client
        .post(endpoint::under(base, &[page_id, "message_attachments"]))
        .bearer_auth(page_token.expose_secret())
        .timeout(TRANSFER_LIMIT)
        .multipart(form);
    let answer = answer::call(request).await.map_err(without_answer)?;
    if !answer.status.is_success() {
        return Err(refusal(&answer, graph::error(&answer, error::remedy)));
    }
    let platform_id = read::id(&answer.body, "attachment_id").ok_or_else(unreadable)?;
    Ok(Uploaded { platform_id, lives: UPLOAD_LIVES })
}
