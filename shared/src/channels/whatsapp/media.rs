//! Files (platform notes, section 5): `GET {base}/{media id}`, the address it names, `POST {base}/{phone number id}/media`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use reqwest::multipart::{Form, Part};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::super::answer::{self, Answer};
use super::super::contract::PlatformError;
use super::super::media::{
    Described, MediaFault, TRANSFER_LIMIT, Upload, Uploaded, refusal, unreadable, without_answer,
};
use super::super::{endpoint, graph, read};
use super::error;

/// Where Meta serves files (platform notes, section 5).
const HOSTS: [&str; 3] = ["lookaside.fbsbx.com", "fbsbx.com", "whatsapp.net"];
/// How long an upload is kept (platform notes, section 5).
const UPLOAD_LIVES: Duration = Duration::from_hours(30 * 24);
/// "Object does not exist", a parameter error of the Graph API's own.
const MISSING: (i64, i64) = (100, 33);

/// Whether `url` is one of Meta's file servers, over TLS.
pub(in crate::channels) fn is_host(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let is_or_below = |of: &str| host == of || host.strip_suffix(of).is_some_and(|below| below.ends_with('.'));
    url.scheme() == "https" && url.port().is_none() && HOSTS.into_iter().any(is_or_below)
}

/// Asks where `media_id` is. The address lives five minutes.
pub(in crate::channels) async fn describe(
    client: &Client,
    base: &Url,
    access_token: &SecretString,
    media_id: &str,
) -> Result<Described, MediaFault> {
    let request = client.get(endpoint::under(base, &[media_id])).bearer_auth(access_token.expose_secret());
    let answer = answer::call(request).await.map_err(without_answer)?;
    if !answer.status.is_success() {
        return Err(judge(&answer));
    }
    let body = &answer.body;
    let url = read::text(body, "url").and_then(|url| Url::parse(url).ok());
    let url = url.ok_or_else(|| MediaFault::Gone("what has this id is no file".to_owned()))?;
    Ok(Described {
        url,
        mime_type: read::text(body, "mime_type").map(str::to_owned),
        sha256: read::text(body, "sha256").and_then(checksum),
        size: read::id(body, "file_size").and_then(|size| size.parse().ok()),
    })
}

/// Gives a file to the number `phone_number_id`.
pub(in crate::channels) async fn upload(
    client: &Client,
    base: &Url,
    phone_number_id: &str,
    access_token: &SecretString,
    upload: Upload<'_>,
) -> Result<Uploaded, MediaFault> {
    let file = Part::stream_with_length(upload.body, upload.size)
        .file_name(upload.filename.to_owned())
        .mime_str(upload.mime_type)
        .map_err(|_| MediaFault::Unsupported("its media type does not read"))?;
    let form =
        Form::new().text("messaging_product", "whatsapp").text("type", upload.mime_type.to_owned()).part("file", file);
    let request = client
        .post(endpoint::under(base, &[phone_number_id, "media"]))
        .bearer_auth(access_token.expose_secret())
        .timeout(TRANSFER_LIMIT)
        .multipart(form);
    let answer = answer::call(request).await.map_err(without_answer)?;
    if !answer.status.is_success() {
        return Err(judge(&answer));
    }
    let platform_id = read::id(&answer.body, "id").ok_or_else(unreadable)?;
    Ok(Uploaded { platform_id, lives: UPLOAD_LIVES })
}

fn judge(answer: &Answer) -> MediaFault {
    let named = graph::error(answer, |code, _, passes| error::remedy(code, passes));
    match named {
        Some(PlatformError { code, subcode: Some(subcode), title, .. }) if (code, subcode) == MISSING => {
            MediaFault::Gone(title)
        }
        named => refusal(answer, named),
    }
}

/// A checksum as Meta writes it, in base64 or hex, as lower-case hex.
pub fn checksum(text: &str) -> Option<String> {
    const LENGTH: usize = 32;
    let bytes = hex::decode(text).or_else(|_| STANDARD.decode(text).map_err(drop)).ok()?;
    (bytes.len() == LENGTH).then(|| hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_to_metas_own_servers_alone() {
        let is_host = |url: &str| is_host(&Url::parse(url).unwrap());
        assert!(is_host("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"));
        assert!(is_host("https://mmg.whatsapp.net/x"));
        for url in [
            "http://lookaside.fbsbx.com/x",
            "https://lookaside.fbsbx.com:8443/x",
            "https://evilfbsbx.com/x",
            "https://fbsbx.com.evil.example/x",
            "https://127.0.0.1/x",
        ] {
            assert!(!is_host(url), "{url}");
        }
    }

    #[test]
    fn a_checksum_is_read_in_both_of_its_spellings() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(checksum(hex).as_deref(), Some(hex));
        assert_eq!(checksum(&hex.to_uppercase()).as_deref(), Some(hex));
        assert_eq!(checksum("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=").as_deref(), Some(hex));
        assert_eq!(checksum("c2hvcnQ="), None);
        assert_eq!(checksum("no checksum"), None);
    }
}
