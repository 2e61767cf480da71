//! What a success gives. It is noted in the response, and written out by the [`Document`](super::Document):
//! the envelope is the same for all.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::{RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::envelope::{Data, Paged};
use crate::page::Pagination;

/// Where a response notes what it gives.
pub(super) const GIVES: &str = "x-gives";

/// How many things a success gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    One,
    Page,
}

impl<T: ToSchema> IntoResponses for Data<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        gives::<T>(Form::One)
    }
}

impl<T: ToSchema> IntoResponses for Paged<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        gives::<T>(Form::Page)
    }
}

fn gives<T: ToSchema>(form: Form) -> BTreeMap<String, RefOr<Response>> {
    let mut schemas = schemas_of::<T>();
    if form == Form::Page {
        schemas.extend(schemas_of::<Pagination>());
    }
    let note = json!({ "schema": envelope(&T::name(), form), "schemas": schemas });
    let response = ResponseBuilder::new()
        .description("Done.")
        .extensions(Some(ExtensionsBuilder::new().add(GIVES, note).build()))
        .build();
    BTreeMap::from([("200".to_owned(), response.into())])
}

/// The schema of `T`, and those that it refers to, by their names.
pub(super) fn schemas_of<T: ToSchema>() -> Map<String, Value> {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    schemas.into_iter().map(|(name, schema)| (name, json!(schema))).collect()
}

fn envelope(name: &str, form: Form) -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let success = json!({ "type": "boolean", "const": true });
    match form {
        Form::One => json!({
            "type": "object",
            "required": ["success", "data"],
            "properties": { "success": success, "data": reference(name) },
        }),
        Form::Page => json!({
            "type": "object",
            "required": ["success", "data", "pagination"],
            "properties": {
                "success": success,
                "data": { "type": "array", "items": reference(name) },
                "pagination": reference(&Pagination::name()),
            },
        }),
    }
}
