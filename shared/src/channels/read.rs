//! Reading a platform's JSON, whose documented types are often not the ones that come.

use chrono::{DateTime, Utc};
use serde_json::{Map, Number, Value};

use super::contract::AccountUpdate;
use super::mend::mend;

/// Why nothing of a body could be read.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON.
    #[error("the body is not JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// JSON, but no object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// An object without that in which the platform puts its news.
    #[error("the body has no list `{0}`")]
    NoList(&'static str),
}

/// The body as a JSON object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, ParseError> {
    let read = serde_json::from_slice(body)
        .or_else(|error| serde_json::from_str(&mend(body)).map_err(|_| ParseError::Json(error)))?;
    match read {
        Value::Object(object) => Ok(object),
        _ => Err(ParseError::NotAnObject),
    }
}

/// The list under `key` of the body.
pub(super) fn list_of_body(body: &[u8], key: &'static str) -> Result<Vec<Value>, ParseError> {
    match object(body)?.remove(key) {
        Some(Value::Array(list)) => Ok(list),
        _ => Err(ParseError::NoList(key)),
    }
}

/// The text under `key`; `None` where it is empty or no text.
pub(super) fn text<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of.get(key)?.as_str().filter(|text| !text.trim().is_empty())
}

/// The identifier under `key`: a text, or a number in its digits (platform notes on Messenger,
/// section 3).
pub(super) fn id(of: &Value, key: &str) -> Option<String> {
    as_id(of.get(key)?)
}

/// The identifier that `value` is.
pub(super) fn as_id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(storable(text.trim())).filter(|text| !text.is_empty()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// The text under `key`, for a column: a name, a type.
pub(super) fn label(of: &Value, key: &str) -> Option<String> {
    text(of, key).map(storable).filter(|label| !label.is_empty())
}

/// `text` as PostgreSQL takes it, which stores every character but NUL. Only what goes into a column
/// needs it: contents are sealed, and stay as the customer wrote them.
fn storable(text: &str) -> String {
    text.replace('\0', "")
}

/// `value` as PostgreSQL takes it in a column of its own: without NUL in any text or key.
pub(super) fn storable_json(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(storable(text)),
        Value::Array(list) => list.iter().map(storable_json).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (storable(key), storable_json(value))).collect(),
        plain => plain.clone(),
    }
}

/// Whether there is nothing under `key`.
pub(super) fn is_absent(of: &Value, key: &str) -> bool {
    of.get(key).is_none_or(Value::is_null)
}

/// The list under `key`; empty where there is none.
pub(super) fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The moment under `key`, in seconds since 1970: a number or its digits.
pub(super) fn seconds(of: &Value, key: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(integer(of, key)?, 0)
}

/// The moment under `key`, in milliseconds since 1970: a number or its digits.
pub(super) fn millis(of: &Value, key: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(integer(of, key)?)
}

/// News that has no type of its own, kept as the platform said it.
pub(super) fn kept(subject: &str, field: &str, value: Value) -> AccountUpdate {
    AccountUpdate { subject: subject.to_owned(), field: storable(field), value, at: None, news: None }
}

fn integer(of: &Value, key: &str) -> Option<i64> {
    let number = match of.get(key)? {
        Value::String(digits) => digits.parse().ok()?,
        Value::Number(number) => number.as_i64().or_else(|| whole(number))?,
        _ => return None,
    };
    Some(number).filter(|number| *number >= 0)
}

/// A whole number that was written with a fraction: `1763000000000.0`.
fn whole(number: &Number) -> Option<i64> {
    let written = number.as_f64().filter(|number| number.fract() == 0.0)?.to_string();
    written.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_identifier_is_text_or_digits() {
        let value = json!({"text": " 12 ", "number": 12, "fraction": 1.5, "empty": ""});
        assert_eq!(id(&value, "text").as_deref(), Some("12"));
        assert_eq!(id(&value, "number").as_deref(), Some("12"));
        for key in ["fraction", "empty", "absent"] {
            assert_eq!(id(&value, key), None, "{key}");
        }
    }

    #[test]
    fn a_moment_is_a_number_or_its_digits() {
        let value = json!({"text": "1700000000", "number": 1_700_000_000, "odd": "soon", "far": i64::MAX, "past": -1});
        assert_eq!(seconds(&value, "text"), seconds(&value, "number"));
        assert!(seconds(&value, "text").is_some());
        for key in ["odd", "far", "past", "absent"] {
            assert_eq!(seconds(&value, key), None, "{key}");
        }
        let fractions = json!({"whole": 1_700_000_000.0, "half": 1.5, "huge": 1e300});
        assert_eq!(seconds(&fractions, "whole"), seconds(&value, "number"));
        assert_eq!((seconds(&fractions, "half"), seconds(&fractions, "huge")), (None, None));
    }

    #[test]
    fn what_goes_into_a_column_has_no_nul() {
        let value = json!({"id": "wamid.\0A", "name": "Mi\0nh", "nothing": "\0"});
        assert_eq!(id(&value, "id").as_deref(), Some("wamid.A"));
        assert_eq!(label(&value, "name").as_deref(), Some("Minh"));
        assert_eq!((id(&value, "nothing"), label(&value, "nothing")), (None, None));
        assert_eq!(kept("1", "ne\0ws", Value::Null).field, "news");
    }
}
