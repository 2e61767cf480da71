//! `POST /control/templates` and `POST /control/templates/change`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::refusal::refuse;
use crate::account::{NewTemplate, TemplateChange, Told};
use crate::platform::Platform;

/// Puts a template there; answered with its id.
pub(crate) async fn put(State(platform): State<Arc<Platform>>, Json(template): Json<NewTemplate>) -> Response {
    match template.put(&platform) {
        Ok(id) => Json(json!({ "id": id })).into_response(),
        Err(error) => refuse(&error),
    }
}

/// Changes a template and tells of it.
pub(crate) async fn change(State(platform): State<Arc<Platform>>, Json(change): Json<TemplateChange>) -> Response {
    match change.make(&platform).await {
        Ok(posted) => Json(Told::from(posted)).into_response(),
        Err(error) => refuse(&error),
    }
}
