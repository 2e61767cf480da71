//! The description of the API in the words of a page.

use serde_json::{Map, Value, json};

use super::speller::{Speller, capitals};
use super::spelling::{Invalid, Rule};
use crate::openapi::{self, Document, Operation};

/// Where a schema holds further ones.
const COMPOSED: [&str; 3] = ["allOf", "oneOf", "anyOf"];

impl Speller {
    /// `document` as its page spells what it describes.
    pub fn describe(&self, mut document: Document) -> Document {
        let operations = openapi::operations(&document);
        let plain = document.json["components"]["schemas"].as_object().cloned().unwrap_or_default();
        for (name, schema) in document.json["components"]["schemas"].as_object_mut().into_iter().flatten() {
            for rule in self.table.rules(name) {
                apply(*rule, schema, &plain);
            }
        }
        for ((method, path), operation) in operations {
            let described = &mut document.json["paths"][&path][method.as_str().to_ascii_lowercase()];
            self.describe_operation(&operation, described);
        }
        document
    }

    fn describe_operation(&self, operation: &Operation, described: &mut Value) {
        if self.table.invalid == Invalid::Map
            && let Some(responses) = described["responses"].as_object_mut()
        {
            responses.remove("422");
        }
        let parameters = described.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let is_needed = parameter["name"] == "shopId" && self.table.need_shop.contains(&operation.id.as_str());
            if is_needed {
                parameter["required"] = json!(true);
                parameter["schema"] = json!({ "type": "string" });
            }
        }
        let Some(gives) = &operation.gives else {
            return;
        };
        let answer = &mut described["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"];
        if operation.method == http::Method::DELETE && self.table.deletes_give_nothing {
            *answer = json!({ "type": "null" });
        }
        if let Some(field) = self.table.list_of(gives).filter(|_| answer["type"] == "array") {
            let properties = json!({ field: answer.take(), "totalCount": { "type": "integer" } });
            *answer = json!({ "type": "object", "required": [field, "totalCount"], "properties": properties });
        }
    }
}

fn apply(rule: Rule, schema: &mut Value, schemas: &Map<String, Value>) {
    match rule {
        Rule::Name(ours, theirs) => rename(schema, ours, theirs, schemas),
        Rule::Values(field, names) => {
            let spelled = |value: &str| {
                let found = names.iter().find(|(ours, _)| *ours == value);
                found.map_or_else(|| value.to_owned(), |(_, theirs)| (*theirs).to_owned())
            };
            respell(schema, field, &spelled, schemas);
        }
        Rule::Capitals(field) => respell(schema, field, &capitals, schemas),
        Rule::Also(path, theirs) => {
            if let Some(found) = find(schema, path, schemas) {
                add(schema, theirs, found);
            }
        }
    }
}

/// Schemas that are told by their names are taken in where they hold what is spelled otherwise.
fn rename(schema: &mut Value, ours: &str, theirs: &str, schemas: &Map<String, Value>) {
    if let Some(resolved) = referred(schema, schemas).filter(|resolved| find(resolved, &[ours], schemas).is_some()) {
        *schema = resolved.clone();
    }
    if let Some(properties) = schema["properties"].as_object_mut()
        && let Some(field) = properties.remove(ours)
    {
        properties.insert(theirs.to_owned(), field);
    }
    for required in schema["required"].as_array_mut().into_iter().flatten() {
        if required == ours {
            *required = json!(theirs);
        }
    }
    for part in COMPOSED {
        for schema in schema[part].as_array_mut().into_iter().flatten() {
            rename(schema, ours, theirs, schemas);
        }
    }
    drop_nulls(schema);
}

fn respell(schema: &mut Value, field: &str, spelled: &dyn Fn(&str) -> String, schemas: &Map<String, Value>) {
    if let Some(property) = schema["properties"].get_mut(field) {
        let values = referred(property, schemas).unwrap_or(property)["enum"].as_array().cloned();
        let values: Vec<String> = values.iter().flatten().filter_map(Value::as_str).map(spelled).collect();
        let may_be_null = property["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
        *property = match (values.is_empty(), may_be_null) {
            (true, true) => json!({ "type": ["string", "null"] }),
            (true, false) => json!({ "type": "string" }),
            (false, _) => json!({ "type": "string", "enum": values }),
        };
    }
    for part in COMPOSED {
        for schema in schema[part].as_array_mut().into_iter().flatten() {
            respell(schema, field, spelled, schemas);
        }
    }
    drop_nulls(schema);
}

/// The schema of the field at `path` below `schema`.
fn find(schema: &Value, path: &[&str], schemas: &Map<String, Value>) -> Option<Value> {
    let schema = referred(schema, schemas).unwrap_or(schema);
    let Some((first, rest)) = path.split_first() else {
        return Some(schema.clone());
    };
    if let Some(property) = schema["properties"].get(*first) {
        return if rest.is_empty() { Some(property.clone()) } else { find(property, rest, schemas) };
    }
    let parts = COMPOSED.iter().flat_map(|part| schema[*part].as_array().into_iter().flatten());
    parts.into_iter().find_map(|part| find(part, path, schemas))
}

fn add(schema: &mut Value, field: &str, property: Value) {
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.insert(field.to_owned(), property);
    } else if let Some(parts) = schema["allOf"].as_array_mut() {
        parts.push(json!({ "type": "object", "properties": { field: property } }));
    }
}

fn referred<'a>(schema: &Value, schemas: &'a Map<String, Value>) -> Option<&'a Value> {
    schemas.get(schema["$ref"].as_str()?.rsplit('/').next()?)
}

/// Looking for a field of an object to change it makes it.
fn drop_nulls(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
}
