//! `GET /control/subscriptions`: where the app is told what happens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::platform::Platform;

pub(crate) async fn list(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(json!({ "subscribed": platform.apps.subscribed() }))
}
