//! The layer of a door whose page spells otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{self, Body, Bytes};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde_json::{Value, json};

use super::speller::Speller;
use super::spelling::Invalid;
use crate::envelope::Written;
use crate::error::{ApiError, ErrorCode, FieldProblem};
use crate::openapi::Operation;
use crate::router::MAX_JSON_BODY;

/// How a failure is told where its page tells it otherwise.
#[derive(Clone, Debug)]
pub struct FailureForm {
    /// The status.
    pub status: StatusCode,
    /// The code.
    pub code: ErrorCode,
    /// What is said besides.
    pub details: Value,
}

/// Spells a request as we do, and its answer as the page behind `prefix` does.
pub async fn respell(prefix: &'static str, speller: &'static Speller, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let below = matched.and_then(|path| path.strip_prefix(prefix)).unwrap_or_default();
    let Some(operation) = speller.operation(request.method(), below) else {
        return next.run(request).await;
    };
    let response = match incoming(speller, operation, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    outgoing(speller, operation, response).await
}

async fn incoming(speller: &Speller, operation: &Operation, mut request: Request) -> Result<Request, ApiError> {
    let query = request.uri().query().unwrap_or_default();
    if speller.table.need_shop.contains(&operation.id.as_str()) && !names_shop(query) {
        return Err(ApiError::invalid("shopId", "is required"));
    }
    if !query.is_empty() {
        let ours = speller.unspell_query(operation, query);
        *request.uri_mut() = with_query(request.uri(), &ours).ok_or_else(|| unreadable("the query"))?;
    }
    if operation.takes.is_none() || !is_json(request.headers()) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let bytes = body::to_bytes(body, MAX_JSON_BODY).await.map_err(|error| too_long_or_broken(&error))?;
    let bytes = match serde_json::from_slice(&bytes) {
        Ok(mut value) => {
            speller.unspell(operation, &mut value);
            Bytes::from(value.to_string())
        }
        // The handler says what is wrong with it.
        Err(_) => bytes,
    };
    if parts.headers.contains_key(header::CONTENT_LENGTH) {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn names_shop(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "shopId" && !value.is_empty())
}

fn with_query(uri: &Uri, query: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{}?{query}", uri.path())).ok()?);
    Uri::from_parts(parts).ok()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"))
}

fn unreadable(what: &str) -> ApiError {
    ApiError::InvalidRequest(format!("{what} does not read"))
}

fn too_long_or_broken(error: &axum::Error) -> ApiError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return ApiError::BodyTooLarge { limit: MAX_JSON_BODY };
        }
        cause = error.source();
    }
    ApiError::InvalidRequest("the body broke off".to_owned())
}

async fn outgoing(speller: &Speller, operation: &Operation, mut response: Response) -> Response {
    if let Some(error) = response.extensions().get::<Arc<ApiError>>() {
        if let Some(form) = failure(speller, operation, error) {
            response.extensions_mut().insert(form);
        }
        return response;
    }
    // What was written out piece by piece was spelled on the way.
    let is_whole = response.extensions().get::<Written>().is_some();
    if !is_whole {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let answer = match body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => serde_json::from_slice::<Value>(&bytes).map_err(ApiError::internal),
        Err(error) => Err(ApiError::internal(error)),
    };
    match answer {
        Ok(mut answer) => {
            speller.spell_answer(operation, &mut answer);
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(answer.to_string()))
        }
        Err(error) => error.into_response(),
    }
}

fn failure(speller: &Speller, operation: &Operation, error: &ApiError) -> Option<FailureForm> {
    let ApiError::Invalid(problems) = error else {
        return None;
    };
    let told: Vec<FieldProblem> = problems
        .iter()
        .map(|problem| FieldProblem { field: speller.field(operation, &problem.field).into_owned(), ..problem.clone() })
        .collect();
    let (status, code) = error.parts();
    let bad_request = (StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest);
    let ((status, code), details) = match speller.table.invalid {
        Invalid::Map => (bad_request, json!(by_field(told))),
        Invalid::BadRequestFor(fields) => {
            let is_bad = problems.iter().any(|problem| fields.contains(&(operation.id.as_str(), &problem.field)));
            (if is_bad { bad_request } else { (status, code) }, json!(told))
        }
    };
    Some(FailureForm { status, code, details })
}

/// Several faults of one field stand in one text.
fn by_field(problems: Vec<FieldProblem>) -> BTreeMap<String, String> {
    problems.into_iter().fold(BTreeMap::new(), |mut map, problem| {
        map.entry(problem.field)
            .and_modify(|told: &mut String| {
                told.push_str("; ");
                told.push_str(&problem.message);
            })
            .or_insert(problem.message);
        map
    })
}
