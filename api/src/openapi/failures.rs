//! The statuses that tell of failures: by rule, not by handler.

use serde_json::{Map, Value, json};

/// A status that an operation may answer with.
pub(super) struct Failing {
    pub(super) status: &'static str,
    name: &'static str,
    description: &'static str,
}

const fn failing(status: &'static str, name: &'static str, description: &'static str) -> Failing {
    Failing { status, name, description }
}

const INVALID_REQUEST: Failing = failing("400", "InvalidRequest", "The request does not read: `INVALID_REQUEST`.");
const UNAUTHORIZED: Failing = failing("401", "Unauthorized", "No token, or one that does not hold.");
const FORBIDDEN: Failing =
    failing("403", "Forbidden", "The caller may not do this, or the shop is another merchant's.");
const NOT_FOUND: Failing = failing("404", "NotFound", "There is no such thing, or it is another merchant's.");
const CONFLICT: Failing = failing("409", "Conflict", "It does not go together with what is there; the code says how.");
const TOO_LARGE: Failing = failing("413", "PayloadTooLarge", "The body is too long.");
const MEDIA_TYPE: Failing = failing("415", "UnsupportedMediaType", "The body must be sent as JSON.");
const INVALID: Failing =
    failing("422", "ValidationError", "Fields or parameters hold what they may not; all are listed.");
const TOO_MANY: Failing =
    failing("429", "RateLimitExceeded", "Too many requests; `Retry-After` says when to come back.");
const INTERNAL: Failing = failing("500", "InternalError", "Our own fault; `details.requestId` names it in the logs.");
const UNAVAILABLE: Failing =
    failing("503", "Unavailable", "Something needed is away; `Retry-After` says when to try again.");

const ALL: [&Failing; 11] = [
    &INVALID_REQUEST,
    &UNAUTHORIZED,
    &FORBIDDEN,
    &NOT_FOUND,
    &CONFLICT,
    &TOO_LARGE,
    &MEDIA_TYPE,
    &INVALID,
    &TOO_MANY,
    &INTERNAL,
    &UNAVAILABLE,
];

/// What an operation may fail with.
pub(super) fn of(method: &str, path: &str, operation: &Value) -> Vec<&'static Failing> {
    let mut may = vec![&INVALID_REQUEST, &UNAUTHORIZED, &FORBIDDEN, &INVALID, &TOO_MANY, &INTERNAL, &UNAVAILABLE];
    if path.contains('{') {
        may.push(&NOT_FOUND);
    }
    if method != "get" {
        may.push(&CONFLICT);
    }
    if operation.get("requestBody").is_some() {
        may.extend([&TOO_LARGE, &MEDIA_TYPE]);
    }
    may
}

impl Failing {
    pub(super) fn reference(&self) -> Value {
        json!({ "$ref": format!("#/components/responses/{}", self.name) })
    }
}

/// What every failure holds.
pub(super) fn content() -> Value {
    json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Failure" } } })
}

/// The responses that operations refer to.
pub(super) fn components() -> Map<String, Value> {
    let response = |failing: &Failing| json!({ "description": failing.description, "content": content() });
    ALL.into_iter().map(|failing| (failing.name.to_owned(), response(failing))).collect()
}
