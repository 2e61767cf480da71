//! Files (platform notes, section 7): `POST {base}/2/media/upload`, in one call.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::AUTHORIZATION;
use reqwest::multipart::{Form, Part};
use secrecy::SecretString;
use url::Url;

use super::super::answer;
use super::super::media::{
    MediaFault, TRANSFER_LIMIT, Upload, Uploaded, refusal, sensitive, unreadable, without_answer,
};
use super::super::{endpoint, read};
use super::oauth::{self, KeyPair, Once};
use crate::domain::clock;
use crate::domain::message::media::MediaKind;

/// Where files of direct messages are, which only their two people may fetch.
const HOSTS: [&str; 2] = ["ton.twitter.com", "ton.x.com"];
/// How long an upload can be used.
const UPLOAD_LIVES: Duration = Duration::from_hours(24);

/// Whether `url` is one of X's servers of private files, over TLS.
pub(in crate::channels) fn is_host(url: &Url) -> bool {
    url.scheme() == "https" && url.port().is_none() && url.host_str().is_some_and(|host| HOSTS.contains(&host))
}

/// What proves to X in whose name `url` is asked for.
pub(in crate::channels) fn authorization(method: &str, url: &Url, consumer: &KeyPair, token: &KeyPair) -> SecretString {
    oauth::authorization(method, url, consumer, token, &Once::at(clock::now().timestamp()))
}

/// Gives a picture to X in the name of `token`'s user. Films and moving pictures would go in pieces, which is
/// not done yet.
pub(in crate::channels) async fn upload(
    client: &Client,
    base: &Url,
    consumer: &KeyPair,
    token: &KeyPair,
    upload: Upload<'_>,
) -> Result<Uploaded, MediaFault> {
    if upload.kind != MediaKind::Image || upload.mime_type == "image/gif" {
        return Err(MediaFault::Unsupported("only still pictures are uploaded to x"));
    }
    let url = endpoint::under(base, &["2", "media", "upload"]);
    let authorization = sensitive(&authorization("POST", &url, consumer, token))
        .ok_or(MediaFault::Unsupported("the account's token does not fit a header"))?;
    let file = Part::stream_with_length(upload.body, upload.size)
        .file_name(upload.filename.to_owned())
        .mime_str(upload.mime_type)
        .map_err(|_| MediaFault::Unsupported("its media type does not read"))?;
    let form = Form::new().text("media_category", "dm_image").part("media", file);
    let request = client.post(url).header(AUTHORIZATION, authorization).timeout(TRANSFER_LIMIT).multipart(form);
    let answer = answer::call(request).await.map_err(without_answer)?;
    if !answer.status.is_success() {
        return Err(refusal(&answer, super::send::refused(&answer)));
    }
    let data = answer.body.get("data").unwrap_or(&answer.body);
    let platform_id = read::id(data, "id").ok_or_else(unreadable)?;
    Ok(Uploaded { platform_id, lives: UPLOAD_LIVES })
}
