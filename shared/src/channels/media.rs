//! Files at the platforms: where one is, fetching it with the account's credentials, and giving one.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Body, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::answer::Answer;
use super::contract::{PlatformError, SendOutcome};
use super::credentials::{Credentials, key_pair};
use super::platforms::{Platforms, SenderAccount};
use super::{messenger, whatsapp, x};
use crate::domain::message::media::MediaKind;

/// How long a file may be on its way to or from a platform.
pub const TRANSFER_LIMIT: Duration = Duration::from_mins(8);
const WAIT_WHERE_NONE_IS_NAMED: u32 = 5;

/// What a platform says of a file that it has.
#[derive(Clone, Debug)]
pub struct Described {
    /// Where it can be fetched, for a few minutes.
    pub url: Url,
    /// What it is.
    pub mime_type: Option<String>,
    /// Its checksum, in lower-case hex.
    pub sha256: Option<String>,
    /// Its length in bytes.
    pub size: Option<u64>,
}

/// A file to give to a platform.
#[derive(Debug)]
pub struct Upload<'a> {
    /// What kind of file it is.
    pub kind: MediaKind,
    /// What it is more closely.
    pub mime_type: &'a str,
    /// Its name.
    pub filename: &'a str,
    /// Its length in bytes.
    pub size: u64,
    /// The file.
    pub body: Body,
}

/// What a platform calls a file that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The platform's id of it.
    pub platform_id: String,
    /// How long it keeps it.
    pub lives: Duration,
}

/// Why a platform did not do its part.
#[derive(Debug, thiserror::Error)]
pub enum MediaFault {
    /// It has no such file, or not any more.
    #[error("the platform does not have it: {0}")]
    Gone(String),
    /// It named an error.
    #[error("{} ({})", .0.title, .0.code)]
    Refused(PlatformError),
    /// It was not to be reached, or said nothing that reads; its own wait in seconds, where it named one.
    #[error("{reason}")]
    Later {
        /// What went wrong.
        reason: String,
        /// The least wait.
        seconds: u32,
    },
    /// The channel has no such thing.
    #[error("{0}")]
    Unsupported(&'static str),
}

impl Platforms {
    /// Asks where the file is that the platform of `account` calls `media_id`.
    pub async fn describe_media(&self, account: &SenderAccount, media_id: &str) -> Result<Described, MediaFault> {
        match &account.credentials {
            Credentials::WhatsApp { access_token } => {
                whatsapp::media::describe(&self.client, &self.whatsapp_url, access_token, media_id).await
            }
            Credentials::Messenger { .. } | Credentials::X { .. } => {
                Err(MediaFault::Unsupported("this platform gives no files by id"))
            }
        }
    }

    /// A request for `url` that proves who asks, where `url` is the platform's own; none where it leads
    /// anywhere else: credentials go to nobody but the platform.
    pub fn download(&self, account: &SenderAccount, url: &Url) -> Option<RequestBuilder> {
        let authorization = self.authorization(account, url)?;
        Some(self.client.get(url.clone()).timeout(TRANSFER_LIMIT).header(AUTHORIZATION, authorization))
    }

    /// What proves to the host of `url` who asks, where that is the platform's own.
    pub fn authorization(&self, account: &SenderAccount, url: &Url) -> Option<HeaderValue> {
        match &account.credentials {
            Credentials::WhatsApp { access_token } => {
                let ours = whatsapp::media::is_host(url) || url.origin() == self.whatsapp_url.origin();
                ours.then(|| sensitive(&format!("Bearer {}", access_token.expose_secret()).into()))?
            }
            // Its files need no more than their address.
            Credentials::Messenger { .. } => None,
            Credentials::X { oauth_token, oauth_token_secret } => {
                let ours = x::media::is_host(url) || url.origin() == self.x_url.origin();
                let consumer = self.x_consumer.as_ref().filter(|_| ours)?;
                sensitive(&x::media::authorization("GET", url, consumer, &key_pair(oauth_token, oauth_token_secret)))
            }
        }
    }

    /// Gives `upload` to the platform of `account`. Given twice it has two names, and no harm is done.
    pub async fn upload_media(&self, account: &SenderAccount, upload: Upload<'_>) -> Result<Uploaded, MediaFault> {
        let (client, id) = (&self.client, &account.external_id);
        match &account.credentials {
            Credentials::WhatsApp { access_token } => {
                whatsapp::media::upload(client, &self.whatsapp_url, id, access_token, upload).await
            }
            Credentials::Messenger { page_token } => {
                messenger::media::upload(client, &self.messenger_url, id, page_token, upload).await
            }
            Credentials::X { oauth_token, oauth_token_secret } => {
                let Some(consumer) = &self.x_consumer else {
                    return Err(MediaFault::Unsupported("x is not configured: it needs a consumer key and secret"));
                };
                let token = key_pair(oauth_token, oauth_token_secret);
                x::media::upload(client, &self.x_url, consumer, &token, upload).await
            }
        }
    }
}

pub(super) fn sensitive(value: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A call that brought no answer.
pub(super) fn without_answer(outcome: SendOutcome) -> MediaFault {
    match outcome {
        SendOutcome::Unsent { reason } | SendOutcome::InDoubt { reason } => {
            MediaFault::Later { reason, seconds: WAIT_WHERE_NONE_IS_NAMED }
        }
        SendOutcome::Refused(error) => MediaFault::Refused(error),
        SendOutcome::Accepted { .. } => {
            MediaFault::Later { reason: "the answer does not read".to_owned(), seconds: WAIT_WHERE_NONE_IS_NAMED }
        }
    }
}

/// An answer that is no success; `named` is the error in it.
pub(super) fn refusal(answer: &Answer, named: Option<PlatformError>) -> MediaFault {
    if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
        return MediaFault::Gone(named.map_or_else(|| answer.status.to_string(), |error| error.title));
    }
    if let Some(error) = named {
        return MediaFault::Refused(error);
    }
    let reason = format!("{} without a readable error", answer.status);
    let again = answer.status == StatusCode::TOO_MANY_REQUESTS || answer.is_fault_of_platform();
    let seconds = if again { WAIT_WHERE_NONE_IS_NAMED } else { 60 };
    MediaFault::Later { reason, seconds }
}

/// A success that lacks what it is about.
pub(super) fn unreadable() -> MediaFault {
    MediaFault::Later { reason: "the answer does not read".to_owned(), seconds: 60 }
}
