//! One document for each door.

use std::collections::{BTreeSet, HashMap};

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::success::schemas_of;
use super::{failures, operation};
use crate::envelope::Failure;

const INTRODUCTION: &str = "Every answer is in one envelope: `{success, data, pagination}` or `{success, error, errorCode, details}`. \
     Times are RFC 3339 in UTC, identifiers UUIDs. Fields and parameters that a request does not know are refused by \
     name. Lists take `skip` and `take`, or `cursor`.";

/// Ends the name of an operation that stands behind no door, where it stands behind one too.
const EVERYWHERE: &str = ".everywhere";

/// Operations and the prefix behind which they stand.
pub type Part<'a> = (&'a str, &'a OpenApi);

/// A description of the API as it stands behind one door.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is called in the list of documents.
    pub title: &'static str,
    /// Where it is served.
    pub path: &'static str,
    /// OpenAPI 3.1.
    pub json: Value,
}

impl Document {
    /// The document of `parts`.
    ///
    /// # Panics
    ///
    /// If two schemas have one name: the router is put together at the start, and by every test.
    pub fn new(title: &'static str, path: &'static str, parts: &[Part<'_>]) -> Self {
        let (mut paths, mut schemas, mut known) = (Map::new(), Map::new(), BTreeSet::new());
        add(&mut schemas, schemas_of::<Failure>());
        for (prefix, api) in parts {
            let mut api = json!(api);
            if let Some(named) = api["components"]["schemas"].as_object() {
                add(&mut schemas, named.clone());
            }
            for (path, item) in api["paths"].as_object_mut().into_iter().flatten() {
                let path = format!("{prefix}{path}");
                let mut names = BTreeSet::new();
                for (method, operation) in item.as_object_mut().into_iter().flatten() {
                    add(&mut schemas, operation::complete(method, &path, operation));
                    // What takes two methods is told apart by the second.
                    let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
                    let name = if names.insert(name.clone()) { name } else { format!("{name}.{method}") };
                    // What stands behind the doors and before them too is told apart by the second place.
                    let name = if known.insert(name.clone()) { name } else { format!("{name}{EVERYWHERE}") };
                    operation["operationId"] = json!(name);
                }
                merge(&mut paths, path, item.take());
            }
        }
        let mut json = json!({
            "openapi": "3.1.0",
            "info": {
                "title": format!("Loa: {title}"),
                "description": INTRODUCTION,
                "version": env!("CARGO_PKG_VERSION"),
                "license": { "name": "MIT", "identifier": "MIT" },
            },
            "security": [{ "bearer": [] }],
            "paths": paths,
            "components": {
                "schemas": schemas,
                "responses": failures::components(),
                "securitySchemes": {
                    "bearer": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "An access token of `POST /api/v1/auth/login` or of an outer IAM, or an API key.",
                    },
                },
            },
        });
        call_by_their_names(&mut json);
        Self { title, path, json }
    }
}

/// One operation, as its document describes it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name.
    pub id: String,
    /// Its method.
    pub method: Method,
    /// The schema of its body.
    pub takes: Option<String>,
    /// The schema of what it gives, or of each entry of the list.
    pub gives: Option<String>,
}

/// The operations of `document` by method and path.
pub fn operations(document: &Document) -> HashMap<(Method, String), Operation> {
    let paths = document.json["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().filter_map(move |(method, described)| {
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok()?;
            let data = &schema_of(&described["responses"]["200"])["properties"]["data"];
            let operation = Operation {
                id: described["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.clone(),
                takes: reference(schema_of(&described["requestBody"])),
                gives: reference(data).or_else(|| reference(&data["items"])),
            };
            Some(((method, path.clone()), operation))
        })
    });
    all.collect()
}

fn schema_of(content: &Value) -> &Value {
    &content["content"]["application/json"]["schema"]
}

/// The name of the schema that is referred to, also where it may be left out.
fn reference(schema: &Value) -> Option<String> {
    let own = schema["$ref"].as_str();
    let inner = || schema["oneOf"].as_array()?.iter().find_map(|part| part["$ref"].as_str());
    own.or_else(inner)?.rsplit('/').next().map(ToOwned::to_owned)
}

/// A view is how an entity is shown; to a client it is the entity.
pub fn public_name(name: &str) -> &str {
    name.strip_suffix("View").unwrap_or(name)
}

fn call_by_their_names(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref") {
                *reference = public_name(reference).to_owned();
            }
            object.values_mut().for_each(call_by_their_names);
        }
        Value::Array(list) => list.iter_mut().for_each(call_by_their_names),
        _ => {}
    }
}

/// Operations on one path may stand in different parts.
fn merge(paths: &mut Map<String, Value>, path: String, item: Value) {
    match (paths.get_mut(&path).and_then(Value::as_object_mut), item) {
        (Some(known), Value::Object(more)) => known.extend(more),
        (_, item) => {
            paths.insert(path, item);
        }
    }
}

fn add(schemas: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, schema) in more {
        let name = public_name(&name).to_owned();
        if let Some(other) = schemas.get(&name) {
            assert!(*other == schema, "two schemas are called {name}: give one of them `#[schema(as = ...)]`");
        }
        schemas.insert(name, schema);
    }
}
