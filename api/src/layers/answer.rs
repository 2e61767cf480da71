//! Puts errors into the envelope, and the headers that every answer of the API carries.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderName};
use http::{HeaderValue, StatusCode};

use super::request_id::RequestId;
use crate::doors::FailureForm;
use crate::envelope;
use crate::error::ApiError;

/// A request that takes longer is answered without its end; a send waits three seconds of it.
const DEADLINE: Duration = Duration::from_secs(30);

/// The API answers JSON to programs: nothing of it is to be framed, sniffed, run or kept.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// A file may take as long to come: a slow line needs some 2 Mbit/s for the longest.
const FILE_DEADLINE: Duration = Duration::from_mins(8);

/// Answers in the envelope, in time, with the headers of the API.
pub async fn answer(request: Request, next: Next) -> Response {
    within(DEADLINE, request, next).await
}

/// The same for requests that carry a file.
pub async fn answer_to_file(request: Request, next: Next) -> Response {
    within(FILE_DEADLINE, request, next).await
}

async fn within(deadline: Duration, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::new);
    let mut response = match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::Unavailable("the request took too long").into_response(),
    };
    if let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() {
        let form = response.extensions_mut().remove::<FailureForm>();
        response = tell(&error, &id, &response, form);
    }
    for (name, value) in SECURITY_HEADERS {
        // A page that shows itself says what it may run.
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

fn tell(error: &ApiError, id: &RequestId, response: &Response, form: Option<FailureForm>) -> Response {
    let status = form.as_ref().map_or(error.parts().0, |form| form.status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        tracing::warn!(error = error as &dyn Error, "request turned away");
    } else if status.is_server_error() {
        tracing::error!(error = error as &dyn Error, "request failed");
    }
    // What the answer carried beside its body stays, such as Allow.
    let mut headers = response.headers().clone();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, envelope::json_type());
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(wait) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    (status, headers, envelope::failure(error, id.as_str(), form)).into_response()
}
