//! The one form of every answer.
//!
//! ```text
//! {"success":true,"data":...,"pagination":{...}}
//! {"success":false,"error":"...","errorCode":"...","details":...}
//! ```

use std::collections::HashMap;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::doors::FailureForm;
use crate::error::{ApiError, ErrorCode, FieldProblem};
use crate::page::Pagination;

/// A success with one thing.
#[derive(Debug)]
pub struct Data<T>(pub T);

/// A success with a page of a list.
#[derive(Debug)]
pub struct Paged<T>(pub Vec<T>, pub Pagination);

#[derive(Serialize)]
struct Envelope<'a, T> {
    success: bool,
    data: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<&'a Pagination>,
}

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        success(&Envelope { success: true, data: &self.0, pagination: None })
    }
}

impl<T: Serialize> IntoResponse for Paged<T> {
    fn into_response(self) -> Response {
        success(&Envelope { success: true, data: &self.0, pagination: Some(&self.1) })
    }
}

/// An answer that was written whole, and can be spelled otherwise on its way.
#[derive(Clone, Copy, Debug)]
pub struct Written;

fn success(answer: &impl Serialize) -> Response {
    match serde_json::to_vec(answer) {
        Ok(body) => (Extension(Written), [(header::CONTENT_TYPE, json_type())], body).into_response(),
        Err(error) => ApiError::internal(error).into_response(),
    }
}

/// The content type of every answer.
pub const fn json_type() -> HeaderValue {
    HeaderValue::from_static("application/json")
}

/// A failure.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Always false.
    success: bool,
    /// What went wrong, in words.
    error: String,
    error_code: ErrorCode,
    /// The fields that are wrong and how; the request's id where the fault is ours.
    #[schema(value_type = Details)]
    details: Value,
}

/// What a failure says besides its code.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it tells what `details` look like")]
enum Details {
    /// Every field that is wrong.
    Fields(Vec<FieldProblem>),
    /// Whatever else there is to say.
    Facts(HashMap<String, String>),
    /// Nothing.
    None,
}

/// The body that tells of `error` to whoever asked under `request_id`, in the `form` of a door's page.
pub fn failure(error: &ApiError, request_id: &str, form: Option<FailureForm>) -> String {
    let (status, code) = error.parts();
    if let Some(FailureForm { code, details, .. }) = form {
        let failure = Failure { success: false, error: error.message(), error_code: code, details };
        return serde_json::to_string(&failure).unwrap_or_default();
    }
    let details = match error {
        ApiError::Invalid(problems) => json!(problems),
        _ if status.is_server_error() => json!({ "requestId": request_id }),
        _ => Value::Null,
    };
    let failure = Failure { success: false, error: error.message(), error_code: code, details };
    // Strings and JSON alone: there is nothing in it that does not serialize.
    serde_json::to_string(&failure).unwrap_or_default()
}
