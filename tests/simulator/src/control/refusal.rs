//! How the control API says no.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A request to the control API that cannot be done: 422 and the reason.
pub(crate) fn refuse(reason: &impl ToString) -> Response {
    let body = json!({ "error": reason.to_string() });
    (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
}
