//! `POST /{WABA id or page id}/subscribed_apps`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{error, token};
use crate::incoming::Incoming;
use crate::platform::Platform;

/// Says that the app is subscribed. Webhooks are sent whether it was or not.
pub(crate) fn subscribe(platform: &Platform, incoming: &Incoming, id: &str) -> Response {
    if let Err(refusal) = token::check(platform, incoming) {
        return refusal.into_response();
    }
    if !platform.config.has_waba(id) && !platform.config.has_page(id) {
        return error::unknown_object(id).into_response();
    }
    Json(json!({ "success": true })).into_response()
}
