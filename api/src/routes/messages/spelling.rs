//! Contents in the API's spelling: `camelCase` where they are kept in `snake_case`.
//!
//! What lies below [`FREE`] is somebody else's JSON, and is left as it is.

use serde::Serialize;
use serde_json::{Map, Value};

/// Fields whose value is free.
const FREE: [&str; 3] = ["data", "response", "raw"];

/// `value` as the API spells it.
pub(super) fn to_api(value: Value) -> Value {
    respell(value, &camel)
}

/// `value`, spelled by the API, as it is kept.
pub(super) fn from_api(value: Value) -> Value {
    respell(value, &snake)
}

/// The path of a field as the API spells it.
pub(super) fn field(path: &str) -> String {
    camel(path)
}

/// What of `given` came to nothing in `understood`, which was read from it: fields that nobody asked for.
/// Whatever says no more than its absence is passed over.
pub(super) fn not_understood(at: &str, given: &Value, understood: &impl Serialize) -> Vec<String> {
    let mut fields = Vec::new();
    if let Ok(understood) = serde_json::to_value(understood) {
        compare(at, given, &understood, &mut fields);
    }
    fields
}

fn compare(at: &str, given: &Value, understood: &Value, fields: &mut Vec<String>) {
    match (given, understood) {
        (Value::Object(given), Value::Object(understood)) => {
            for (key, value) in given {
                let path = format!("{at}.{key}");
                match understood.get(key) {
                    Some(_) if FREE.contains(&key.as_str()) => {}
                    Some(understood) => compare(&path, value, understood, fields),
                    None if says_nothing(value) => {}
                    None => fields.push(path),
                }
            }
        }
        (Value::Array(given), Value::Array(understood)) => {
            for (index, (given, understood)) in given.iter().zip(understood).enumerate() {
                compare(&format!("{at}[{index}]"), given, understood, fields);
            }
        }
        _ => {}
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

fn respell(value: Value, spell: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::Object(object) => {
            let respelt = object.into_iter().map(|(key, value)| {
                let value = if FREE.contains(&key.as_str()) { value } else { respell(value, spell) };
                (spell(&key), value)
            });
            Value::Object(respelt.collect::<Map<_, _>>())
        }
        Value::Array(list) => list.into_iter().map(|value| respell(value, spell)).collect(),
        other => other,
    }
}

/// `amount_1000` is `amount1000`.
fn camel(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_start = false;
    for c in text.chars() {
        match c {
            '_' => is_start = true,
            c if is_start => {
                out.extend(c.to_uppercase());
                is_start = false;
            }
            c => out.push(c),
        }
    }
    out
}

fn snake(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = '_';
    for c in text.chars() {
        let begins_number = c.is_ascii_digit() && before.is_ascii_alphabetic();
        if c.is_ascii_uppercase() || begins_number {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_ways_lead_back() {
        let kept = json!({ "type": "cta_url", "display_text": "a_b", "amount_1000": 1, "list": [{ "catalog_id": "c" }],
                           "data": { "free_key": 1 } });
        let api = json!({ "type": "cta_url", "displayText": "a_b", "amount1000": 1, "list": [{ "catalogId": "c" }],
                          "data": { "free_key": 1 } });
        assert_eq!(to_api(kept.clone()), api);
        assert_eq!(from_api(api), kept);
        assert_eq!(field("action.cards[2].display_text"), "action.cards[2].displayText");
    }

    #[test]
    fn a_field_that_came_to_nothing_is_found_wherever_it_stands() {
        let given = json!({ "body": "b", "colour": 1, "footer": null, "draft": false,
                            "rows": [{ "id": "1" }, { "id": "2", "icon": "x" }], "data": { "any": 1 } });
        let understood = json!({ "body": "b", "rows": [{ "id": "1" }, { "id": "2" }], "data": { "any": 1 } });
        let mut found = not_understood("interactive", &given, &understood);
        found.sort();
        assert_eq!(found, ["interactive.colour", "interactive.rows[1].icon"]);
    }
}
