//! `POST /control/media` and `POST /control/files`: files made on command.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::refusal::refuse;
use crate::media::{NewMedia, WebFile};
use crate::platform::Platform;

/// A file as a customer sends it; answered with its id.
pub(crate) async fn make(State(platform): State<Arc<Platform>>, Json(media): Json<NewMedia>) -> Response {
    match media.make(&platform) {
        Ok(made) => Json(made).into_response(),
        Err(error) => refuse(&error),
    }
}

/// A file on the web.
pub(crate) async fn put(State(platform): State<Arc<Platform>>, Json(file): Json<WebFile>) -> Response {
    match platform.web.put(&file) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(&error),
    }
}
