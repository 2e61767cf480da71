//! What every operation has, so that no handler needs to say it.

use serde_json::{Map, Value, json};
use shared::domain::channel::Channel;

use super::failures;
use super::success::GIVES;

/// The longest text that stands in a list of operations.
const LONGEST_SUMMARY: usize = 110;

/// Completes `operation`, and takes out the schemas that it names.
pub(super) fn complete(method: &str, path: &str, operation: &mut Value) -> Map<String, Value> {
    name(operation);
    describe(operation);
    add_path_parameters(path, operation);
    let schemas = write_out(operation);
    let may_fail = failures::of(method, path, operation);
    for failing in may_fail {
        operation["responses"][failing.status] = failing.reference();
    }
    // What else a handler says it may fail with is told as all failures are.
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if !status.starts_with('2') && response.get("$ref").is_none() {
            response["content"] = failures::content();
        }
    }
    schemas
}

/// `accounts.list`: its tag and its function.
fn name(operation: &mut Value) {
    let tag = operation["tags"][0].as_str().unwrap_or("other");
    let function = operation["operationId"].as_str().unwrap_or_default();
    operation["operationId"] = json!(format!("{tag}.{function}"));
}

/// The comment on a handler begins with where it stands, which the document says already.
fn describe(operation: &mut Value) {
    let summary = operation["summary"].as_str().unwrap_or_default().replace('\n', " ");
    let text = match summary.strip_prefix('`').and_then(|rest| rest.split_once("`: ")) {
        Some((_, text)) => text,
        None => &summary,
    };
    let (summary, rest) = match text.split_once(". ") {
        Some((first, rest)) => (first, rest),
        None => (text.trim_end_matches('.'), ""),
    };
    let (summary, rest) = match summary.split_once("; ") {
        Some((first, more)) if summary.len() > LONGEST_SUMMARY => (first, format!("{more}. {rest}")),
        _ => (summary, rest.to_owned()),
    };
    let more = operation["description"].as_str().unwrap_or_default();
    let description = format!("{} {more}", capital(&rest)).trim().to_owned();
    operation["summary"] = json!(capital(summary));
    operation["description"] = json!(description);
}

/// `text` with its first letter a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Parts of the path that the handler says nothing about are identifiers.
fn add_path_parameters(path: &str, operation: &mut Value) {
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        if parameters.iter().any(|known| known["in"] == "path" && known["name"] == name) {
            continue;
        }
        let schema = match name {
            "channel" => json!({ "type": "string", "enum": Channel::ALL }),
            _ => json!({ "type": "string", "format": "uuid" }),
        };
        parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
}

/// Writes what the responses have noted into their place.
fn write_out(operation: &mut Value) -> Map<String, Value> {
    let mut schemas = Map::new();
    let Some(responses) = operation["responses"].as_object_mut() else {
        return schemas;
    };
    for response in responses.values_mut().filter_map(Value::as_object_mut) {
        if let Some(mut note) = response.remove(GIVES) {
            response.insert("content".to_owned(), json!({ "application/json": { "schema": note["schema"].take() } }));
            schemas.extend(note["schemas"].as_object().cloned().unwrap_or_default());
        }
    }
    schemas
}
