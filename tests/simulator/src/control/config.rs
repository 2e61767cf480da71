//! `GET` and `POST /control/config`: how the platforms behave.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::refusal::refuse;
use crate::behaviour::Behaviour;
use crate::platform::Platform;

pub(crate) async fn show(State(platform): State<Arc<Platform>>) -> Json<Behaviour> {
    Json(platform.behaviour())
}

pub(crate) async fn change(State(platform): State<Arc<Platform>>, Json(changes): Json<Value>) -> Response {
    match platform.change(&changes) {
        Ok(behaviour) => Json(behaviour).into_response(),
        Err(error) => refuse(&error),
    }
}
