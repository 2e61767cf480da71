//! One host for everything: webhooks that are sent to the API's address are handed on to the ingress.
//!
//! Byte for byte: the signature covers the body as the platform sent it. Nothing is read, nothing is
//! kept, nobody is asked for a token, and the ingress's answer goes back as it is.

use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderName};
use http::{HeaderMap, StatusCode, Uri};
use http_body_util::{LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use url::Url;

use crate::metrics::Metrics;
use crate::state::AppState;

/// The paths of webhooks, GET and POST, in every spelling of the documents.
pub const WEBHOOK_PATHS: [&str; 8] = [
    "/api/v1/whatsapp/webhooks",
    "/webhook",
    "/webhook/whatsapp",
    "/api/whatsapp/webhook",
    "/api/v1/webhooks/facebook",
    "/api/v1/mkt-facebook/webhooks/facebook",
    "/api/v1/mkt-x/webhooks/twitter",
    "/api/v1/mkt-x/webhooks/verify",
];

/// What Meta sends at most.
const MAX_BODY: usize = 3 * 1024 * 1024;
/// From the first byte to the last of the head of the answer.
const TIME_LIMIT: Duration = Duration::from_secs(15);
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
const IDLE_LIMIT: Duration = Duration::from_secs(30);
const MOST_IDLE: usize = 64;

/// Headers that speak of one connection and not of the request (RFC 9110, section 7.6.1), and `Expect`,
/// which the server has answered by reading the body.
const OF_ONE_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
];

/// Hands webhooks on.
#[derive(Clone, Debug)]
pub struct Forwarder {
    client: Client<HttpConnector, Body>,
    base: String,
    metrics: Metrics,
}

#[derive(Debug, thiserror::Error)]
enum ForwardError {
    #[error("the address does not read")]
    Address(#[source] http::Error),
    #[error("the body is longer than {MAX_BODY} bytes")]
    TooLarge,
    #[error("no answer in time")]
    Timeout,
    #[error("the ingress is not reachable")]
    Unreachable(#[source] hyper_util::client::legacy::Error),
}

impl Forwarder {
    /// Hands on to `base`, an address of the scheme `http`.
    pub fn new(base: &Url, metrics: Metrics) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_LIMIT));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_LIMIT)
            .pool_max_idle_per_host(MOST_IDLE)
            .build(connector);
        Self { client, base: base.as_str().trim_end_matches('/').to_owned(), metrics }
    }

    async fn forward(&self, request: Request) -> Result<Response, ForwardError> {
        let request = self.readdress(request)?;
        let answered = tokio::time::timeout(TIME_LIMIT, self.client.request(request)).await;
        let response = answered.map_err(|_| ForwardError::Timeout)?.map_err(|error| {
            if is_too_large(&error) { ForwardError::TooLarge } else { ForwardError::Unreachable(error) }
        })?;
        let (mut head, body) = response.into_parts();
        drop_headers_of_one_connection(&mut head.headers);
        Ok(Response::from_parts(head, Body::new(body)))
    }

    fn readdress(&self, request: Request) -> Result<Request, ForwardError> {
        let (mut head, body) = request.into_parts();
        if declared_length(&head.headers).is_some_and(|length| length > MAX_BODY as u64) {
            return Err(ForwardError::TooLarge);
        }
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let target = Uri::try_from(format!("{}{path}", self.base));
        head.uri = target.map_err(|error| ForwardError::Address(error.into()))?;
        drop_headers_of_one_connection(&mut head.headers);
        // The client names the host that it calls.
        head.headers.remove(header::HOST);
        Ok(Request::from_parts(head, Body::new(Limited::new(body, MAX_BODY))))
    }
}

/// Hands a webhook on; there are none where the API was not told to whom.
pub async fn forward(State(state): State<AppState>, request: Request) -> Response {
    let Some(forwarder) = &state.forwarder else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (outcome, response) = match forwarder.forward(request).await {
        Ok(response) => ("forwarded", response),
        Err(error) => {
            let (outcome, status) = match &error {
                ForwardError::TooLarge => ("too_large", StatusCode::PAYLOAD_TOO_LARGE),
                ForwardError::Timeout => ("timeout", StatusCode::GATEWAY_TIMEOUT),
                ForwardError::Unreachable(_) => ("unreachable", StatusCode::BAD_GATEWAY),
                ForwardError::Address(_) => ("bad_address", StatusCode::BAD_REQUEST),
            };
            tracing::warn!(error = &error as &dyn Error, "a webhook was not handed on");
            (outcome, status.into_response())
        }
    };
    forwarder.metrics.forwards.with_label_values(&[outcome]).inc();
    response
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn drop_headers_of_one_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_ONE_CONNECTION) {
        headers.remove(name);
    }
}

fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_too_large)
}
