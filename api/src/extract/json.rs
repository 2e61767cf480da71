//! The JSON body of a request. Fields that nobody asked for are refused by name: a misspelt one that
//! is ignored would be a setting that silently does not hold.

use axum::body::Bytes;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{ApiError, FieldProblem};
use crate::router::MAX_JSON_BODY;

/// A JSON object, read but not yet understood.
#[derive(Debug)]
pub struct Json(Value);

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::BodyTooLarge { limit: MAX_JSON_BODY }
            } else {
                ApiError::InvalidRequest("the body broke off".to_owned())
            }
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => {
                let body = Value::Object(object);
                match nul("", &body) {
                    Some(field) => Err(ApiError::invalid(field, "must not hold a NUL")),
                    None => Ok(Self(body)),
                }
            }
            Ok(_) => Err(ApiError::InvalidRequest("the body must be a JSON object".to_owned())),
            Err(error) => Err(ApiError::InvalidRequest(format!("the body is not JSON: {error}"))),
        }
    }
}

impl<S: Send + Sync> OptionalFromRequest<S> for Json {
    type Rejection = ApiError;

    /// None where the request has no body.
    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        if axum::body::HttpBody::size_hint(request.body()).exact() == Some(0) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

impl Json {
    /// A body that was put together here.
    pub fn of(body: Value) -> Self {
        Self(body)
    }

    /// The body as `T`, which says which fields there are.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        understand(self.0).map_err(|problem| ApiError::Invalid(vec![problem]))
    }
}

/// `value`, which stands in the field `name`, as `T`.
pub fn read_value<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, FieldProblem> {
    understand(value).map_err(|problem| match problem.field.as_str() {
        "" | "." => FieldProblem { field: name.to_owned(), ..problem },
        inner if inner.starts_with('[') => FieldProblem { field: format!("{name}{inner}"), ..problem },
        inner => FieldProblem { field: format!("{name}.{inner}"), ..problem },
    })
}

fn understand<T: DeserializeOwned>(value: Value) -> Result<T, FieldProblem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        problem(&path, &error.into_inner().to_string())
    })
}

/// The first field below `at` that holds a NUL: no row does, and no query takes one.
fn nul(at: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(|| at.to_owned()),
        Value::Array(list) => list.iter().enumerate().find_map(|(index, value)| nul(&format!("{at}[{index}]"), value)),
        Value::Object(object) => object.iter().find_map(|(name, value)| {
            let field = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            if name.contains('\0') { Some(field) } else { nul(&field, value) }
        }),
        _ => None,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// serde names unknown and missing fields in its message alone.
fn problem(path: &str, message: &str) -> FieldProblem {
    let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
    let inside = |parent: &str, name: &str| {
        if parent.is_empty() || parent == "." { name.to_owned() } else { format!("{parent}.{name}") }
    };
    if let Some(name) = quoted(message, "unknown field `") {
        // The path ends in the unknown field or in what holds it.
        let parent = if path.ends_with(name) { parent } else { path };
        return FieldProblem::new(inside(parent, name), "is not a field of this request");
    }
    if let Some(name) = quoted(message, "missing field `") {
        return FieldProblem::new(inside(path, name), "is required");
    }
    FieldProblem::new(path, message)
}

fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}

#[cfg(test)]
impl From<Value> for Json {
    fn from(body: Value) -> Self {
        Self(body)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Outer {
        #[serde(rename = "shopId")]
        _shop_id: String,
        #[serde(default, rename = "inner")]
        _inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "size")]
        _size: u32,
    }

    fn refused(body: Value) -> FieldProblem {
        match Json(body).read::<Outer>() {
            Err(ApiError::Invalid(problems)) => problems[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_nul_is_found_wherever_it_stands() {
        let body = json!({ "a": "b", "list": [{ "c": "x" }, { "c": "\u{0}" }] });
        assert_eq!(nul("", &body), Some("list[1].c".to_owned()));
        assert_eq!(nul("", &json!({ "a": ["b", 1, null] })), None);
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        let wrong = [
            (json!({ "shopId": "a", "colour": 1 }), "colour", "is not a field of this request"),
            (json!({}), "shopId", "is required"),
            (
                json!({ "shopId": "a", "inner": { "size": 1, "weight": 2 } }),
                "inner.weight",
                "is not a field of this request",
            ),
            (json!({ "shopId": "a", "inner": {} }), "inner.size", "is required"),
            (json!({ "shopId": 7 }), "shopId", "invalid type: integer `7`, expected a string"),
        ];
        for (body, field, message) in wrong {
            assert_eq!(refused(body), FieldProblem::new(field, message));
        }
    }
}
