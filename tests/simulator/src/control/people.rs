//! `POST /control/people`, `GET` and `POST /control/scripts`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::refusal::refuse;
use crate::people::PersonChange;
use crate::platform::Platform;
use crate::script::{Progress, Script};

/// Changes what the platform knows of a customer; nothing is told of it.
pub(crate) async fn change(State(platform): State<Arc<Platform>>, Json(change): Json<PersonChange>) -> StatusCode {
    platform.people.change(&change);
    StatusCode::NO_CONTENT
}

/// Lets a customer act by a script; answered with its number.
pub(crate) async fn run(State(platform): State<Arc<Platform>>, Json(script): Json<Script>) -> Response {
    match script.run(&platform) {
        Ok(id) => Json(json!({ "id": id })).into_response(),
        Err(error) => refuse(&error),
    }
}

/// How far each script is.
pub(crate) async fn progress(State(platform): State<Arc<Platform>>) -> Json<Vec<Progress>> {
    Json(platform.scripts.progress())
}
