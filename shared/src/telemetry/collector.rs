//! The collector that spans go to, by HTTP.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;

/// A collector beside the process answers in milliseconds; what takes longer than this is not worth waiting for.
const LONGEST: Duration = Duration::from_secs(5);
/// An answer says how many spans were refused, and why.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Asks the collector. The batches come from a thread of their own, which is in no runtime, so the runtime that this
/// was made in does the asking.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    client: Client<HttpConnector, Full<Bytes>>,
    runtime: Handle,
}

impl Collector {
    /// In a Tokio runtime.
    pub(super) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(LONGEST));
        Self { client: Client::builder(TokioExecutor::new()).build(connector), runtime: Handle::current() }
    }

    async fn ask(self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let response = self.client.request(request.map(Full::new)).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let asking = self.clone().ask(request);
        self.runtime.spawn(async { tokio::time::timeout(LONGEST, asking).await }).await??
    }
}
