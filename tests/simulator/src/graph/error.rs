//! Errors in Meta's form.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::codes::code_named;
use crate::id;
use crate::taking::Refusal;

/// The error `code`, at Meta's HTTP status for it or at `status`. Errors of WhatsApp hold an
/// `error_data`, those of Messenger do not.
pub(crate) fn of_code(code: i64, status: Option<StatusCode>, whatsapp: bool) -> Refusal {
    let known = code_named(code);
    let details = whatsapp.then_some(known.title);
    refusal(status.unwrap_or(known.status), code, &format!("(#{code}) {}", known.title), details)
}

/// WhatsApp's error `code` with `details` of its own.
pub(crate) fn with_details(code: i64, details: &str) -> Refusal {
    let known = code_named(code);
    let message = format!("(#{code}) {}", known.title);
    refusal(known.status, code, &message, Some(details))
}

/// Error 100: what `problem` says.
pub(crate) fn invalid(problem: &str, whatsapp: bool) -> Refusal {
    let message = format!("(#100) {problem}");
    refusal(StatusCode::BAD_REQUEST, 100, &message, whatsapp.then_some(problem))
}

/// Error `code` with `subcode`, as Messenger gives it.
pub(crate) fn with_subcode(code: i64, subcode: i64, title: &str) -> Refusal {
    let status = code_named(code).status;
    let mut refusal = refusal(status, code, &format!("(#{code}) {title}"), None);
    if let Some(error) = refusal.body.get_mut("error").and_then(Value::as_object_mut) {
        error.insert("error_subcode".to_owned(), subcode.into());
    }
    refusal
}

/// Error 190 for a request without a token.
pub(crate) fn no_token() -> Refusal {
    let message = "An access token is required to request this resource.";
    refusal(StatusCode::UNAUTHORIZED, 190, message, None)
}

/// Error 190 for a token that is not accepted.
pub(crate) fn bad_token() -> Refusal {
    let message = "Invalid OAuth access token - Cannot parse access token";
    refusal(StatusCode::UNAUTHORIZED, 190, message, None)
}

/// Error 100, subcode 33, for an id that is nobody's.
pub(crate) fn unknown_object(id: &str) -> Refusal {
    let mut refusal = with_subcode(100, 33, "");
    refusal.body["error"]["message"] = Value::from(format!(
        "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to \
         missing permissions, or does not support this operation"
    ));
    refusal
}

/// Error 2500 for a path that leads nowhere.
pub(crate) fn unknown_path() -> Refusal {
    let message = "Unknown path components";
    refusal(StatusCode::BAD_REQUEST, 2500, message, None)
}

fn refusal(status: StatusCode, code: i64, message: &str, details: Option<&str>) -> Refusal {
    let mut error = json!({
        "message": message,
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": id::trace(),
    });
    if let Some(details) = details {
        error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
    }
    Refusal { status, code, body: json!({ "error": error }) }
}
