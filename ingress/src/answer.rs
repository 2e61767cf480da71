//! The answers that a client can get.

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{Response, StatusCode};
use http_body_util::Full;

/// Every answer: a status, a few headers, a short body.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Long enough for a broker to elect a leader. The platforms keep to a schedule of their own.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("5");
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// A status and nothing else.
pub(crate) fn bare(status: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = status;
    answer
}

/// The event is durable.
pub(crate) fn accepted() -> Answer {
    json(Bytes::from_static(br#"{"success":true}"#))
}

/// 200 with JSON.
pub(crate) fn json(body: Bytes) -> Answer {
    typed("application/json", body)
}

/// 200 with text that no browser takes for anything else.
pub(crate) fn text(body: Bytes) -> Answer {
    let answer = typed("text/plain", body);
    let nosniff = HeaderValue::from_static("nosniff");
    with(answer, X_CONTENT_TYPE_OPTIONS, nosniff)
}

/// 503: the client may come again.
pub(crate) fn come_again() -> Answer {
    let answer = bare(StatusCode::SERVICE_UNAVAILABLE);
    with(answer, RETRY_AFTER, RETRY_SECONDS)
}

/// 405 that says what is allowed.
pub(crate) fn only(methods: &'static str) -> Answer {
    let answer = bare(StatusCode::METHOD_NOT_ALLOWED);
    with(answer, ALLOW, HeaderValue::from_static(methods))
}

/// The last answer on its connection.
pub(crate) fn closing(answer: Answer) -> Answer {
    with(answer, CONNECTION, CLOSE)
}

/// Whether it is the last on its connection.
pub(crate) fn is_closing(answer: &Answer) -> bool {
    answer.headers().get(CONNECTION) == Some(&CLOSE)
}

fn typed(kind: &'static str, body: Bytes) -> Answer {
    let answer = Response::new(Full::new(body));
    with(answer, CONTENT_TYPE, HeaderValue::from_static(kind))
}

fn with(mut answer: Answer, name: HeaderName, value: HeaderValue) -> Answer {
    answer.headers_mut().insert(name, value);
    answer
}
