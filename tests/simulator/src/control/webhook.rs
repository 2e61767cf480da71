//! `POST /control/webhook`: a webhook written by hand.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::platform::Platform;
use crate::webhook::RawWebhook;

pub(crate) async fn deliver(State(platform): State<Arc<Platform>>, Json(webhook): Json<RawWebhook>) -> Json<Value> {
    let posted = webhook.post(&platform).await;
    Json(json!({ "httpStatus": posted.status() }))
}
