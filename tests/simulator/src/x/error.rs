//! Errors in X's form: problem JSON.

use axum::http::StatusCode;
use serde_json::json;

use crate::taking::Refusal;

/// X decides by HTTP status: `code` is one, unless `status` gives another.
pub(crate) fn of_code(code: i64, status: Option<StatusCode>) -> Refusal {
    let of_code = u16::try_from(code)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok())
        .filter(|status| status.is_client_error() || status.is_server_error());
    let status = status.or(of_code).unwrap_or(StatusCode::BAD_REQUEST);
    problem(status, status.canonical_reason().unwrap_or("Error"))
}

/// The request is not signed as it has to be.
pub(crate) fn unauthorized() -> Refusal {
    problem(StatusCode::UNAUTHORIZED, "Unauthorized")
}

/// The token was taken back: code 89 of the older API.
pub(crate) fn invalid_token() -> Refusal {
    let mut refusal = unauthorized();
    refusal.body["errors"] = json!([{ "code": 89, "message": "Invalid or expired token." }]);
    refusal
}

/// There is no such thing.
pub(crate) fn not_found(detail: &str) -> Refusal {
    problem(StatusCode::NOT_FOUND, detail)
}

/// The request is not one.
pub(crate) fn invalid(detail: &str) -> Refusal {
    problem(StatusCode::BAD_REQUEST, detail)
}

/// The user has sent as much as is allowed for a while.
pub(crate) fn too_many() -> Refusal {
    problem(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
}

fn problem(status: StatusCode, detail: &str) -> Refusal {
    let title = match status {
        StatusCode::BAD_REQUEST => "Invalid Request",
        other => other.canonical_reason().unwrap_or("Error"),
    };
    Refusal {
        status,
        code: i64::from(status.as_u16()),
        body: json!({
            "title": title,
            "detail": detail,
            "type": "about:blank",
            "status": status.as_u16(),
        }),
    }
}
