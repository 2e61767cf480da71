//! A request as it came in, read whole.

use std::borrow::Cow;

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::form_urlencoded;

use crate::clock;
use crate::connection::Line;

/// The longest body that is read: messages are far shorter.
const MAX_BODY: usize = 1024 * 1024;
/// The longest upload that is read: the largest file, and more to see it refused.
const MAX_UPLOAD: usize = 128 * 1024 * 1024;
/// What stands in records for what may not be shown.
const REDACTED: &str = "[redacted]";

/// A request to one of the platforms.
pub(crate) struct Incoming {
    pub(crate) at: DateTime<Utc>,
    pub(crate) line: Line,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Incoming {
    type Rejection = StatusCode;

    /// A body over the limit is answered 413.
    async fn from_request(request: Request, state: &S) -> Result<Self, StatusCode> {
        let at = clock::now();
        let (mut head, body) = request.into_parts();
        let line = ConnectInfo::from_request_parts(&mut head, state).await;
        let ConnectInfo(line) = line.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        let limit = if head.uri.path().ends_with("/media") { MAX_UPLOAD } else { MAX_BODY };
        let body = to_bytes(body, limit).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        let Parts { method, uri, headers, .. } = head;
        Ok(Self { at, line, method, uri, headers, body })
    }
}

impl Incoming {
    /// The body as JSON, if it is.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        form_urlencoded::parse(self.uri.query()?.as_bytes()).find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The `Authorization` header, where it is text.
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.headers.get(header::AUTHORIZATION)?.to_str().ok()
    }

    /// Names and values of the headers, credentials hidden.
    pub(crate) fn shown_headers(&self) -> Vec<(String, String)> {
        self.headers
            .iter()
            .map(|(name, value)| {
                let shown = if *name == header::AUTHORIZATION {
                    redacted(value.to_str().unwrap_or_default())
                } else {
                    String::from_utf8_lossy(value.as_bytes()).into_owned()
                };
                (name.to_string(), shown)
            })
            .collect()
    }
}

/// The scheme of an `Authorization` header without its credentials.
fn redacted(authorization: &str) -> String {
    match authorization.split_once(' ') {
        Some((scheme, _)) => format!("{scheme} {REDACTED}"),
        None => REDACTED.to_owned(),
    }
}
