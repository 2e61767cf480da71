//! Bringing a file into our store.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use reqwest::{Response, StatusCode};
use shared::channels::{Platforms, SenderAccount};
use shared::domain::message::file;
use shared::objects::{ObjectKey, Objects, inspect};
use shared::store::media::jobs::{Job, Source};
use shared::store::media::outcome::Found;
use shared::store::seal::MerchantKeys;
use shared::store::segments;

use super::fault::Fault;
use super::links::{self, Links};
use super::watch::Expected;

/// How often the platform is asked for an address within one attempt: one may just have ended.
const ASKS: usize = 2;
/// A host that says nothing for so long will say nothing any more.
const SILENCE: Duration = Duration::from_secs(30);

/// What fetches.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// The platforms.
    pub platforms: Platforms,
    /// Everywhere else.
    pub links: Links,
    /// Where files go.
    pub objects: Objects,
}

impl Fetcher {
    /// Fetches the file of `job` in the name of `account` and stores it, sealed with `keys`.
    pub async fn fetch(&self, account: &SenderAccount, job: &Job, keys: Arc<MerchantKeys>) -> Result<Found, Fault> {
        let mut expected = Expected {
            kind: job.media_kind,
            mime_type: job.mime_type.clone(),
            sha256: job.sha256.clone(),
            most: file::longest_received(job.media_kind),
        };
        let response = match &job.source {
            Source::Platform(id) => self.ask_platform(account, id, &mut expected).await?,
            Source::PlatformLink(link) => {
                self.links.get(link, |url| self.platforms.authorization(account, url)).await?
            }
            Source::Link(link) => self.links.get(link, |_| None).await?,
            Source::None => return Err(Fault::never("NO_SOURCE", "there is nowhere to fetch it from")),
        };
        self.store(job, response, expected, keys).await
    }

    async fn ask_platform(
        &self,
        account: &SenderAccount,
        media_id: &str,
        expected: &mut Expected,
    ) -> Result<Response, Fault> {
        let mut asks = 0;
        loop {
            asks += 1;
            let described = self.platforms.describe_media(account, media_id).await?;
            expected.check_told(described.size)?;
            if described.mime_type.is_some() {
                expected.mime_type = described.mime_type;
            }
            expected.sha256 = expected.sha256.take().or(described.sha256);
            let Some(request) = self.platforms.download(account, &described.url) else {
                return Err(Fault::person("UNKNOWN_HOST", "the platform names a host that is not its own"));
            };
            let response = request.send().await.map_err(|error| links::of_transport(&error))?;
            if !has_ended(response.status()) {
                return links::judge(response);
            }
            if asks == ASKS {
                let title = format!("its address was answered {}", response.status());
                return Err(Fault::later("ADDRESS_ENDED", title, Duration::ZERO));
            }
        }
    }

    async fn store(
        &self,
        job: &Job,
        response: Response,
        mut expected: Expected,
        keys: Arc<MerchantKeys>,
    ) -> Result<Found, Fault> {
        expected.check_told(response.content_length())?;
        if expected.mime_type.is_none() {
            let header = response.headers().get(reqwest::header::CONTENT_TYPE);
            expected.mime_type = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
        }
        let (kind, declared) = (expected.kind, expected.mime_type.clone());
        let (watched, seen) = inspect(Box::pin(chunks(response)), expected);
        let sealed = segments::seal(keys, job.media_id, Box::pin(watched));
        let key = ObjectKey::of(job.merchant_id, job.media_id);
        self.objects.put(&key, sealed).await?;
        let seen = seen.await.map_err(|_| Fault::later("SOURCE_FAILED", "it broke off", Duration::ZERO))?;
        let mime_type = file::true_type(kind, declared.as_deref(), seen.sniffed).unwrap_or(declared);
        Ok(Found { mime_type, size: seen.size, sha256: seen.sha256, object_key: key.as_str().to_owned() })
    }
}

/// Addresses of files live minutes, and are refused in one of these ways when they are over.
fn has_ended(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE)
}

/// The body of `response`, which has to keep coming.
fn chunks(response: Response) -> impl futures::Stream<Item = Result<bytes::Bytes, Fault>> + Send {
    futures::stream::unfold(Some(response.bytes_stream().boxed()), |body| async move {
        let mut body = body?;
        match tokio::time::timeout(SILENCE, body.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(body))),
            Ok(Some(Err(error))) => Some((Err(links::of_transport(&error)), None)),
            Err(_) => Some((Err(Fault::later("UNREACHABLE", "it stopped coming", Duration::ZERO)), None)),
        }
    })
}
