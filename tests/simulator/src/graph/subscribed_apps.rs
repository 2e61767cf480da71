//! `/{WABA id or page id}/subscribed_apps`: whether the app is told what happens there.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{error, token};
use crate::call;
use crate::channel::Channel;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;

/// `POST`: subscribes the app. Webhooks are sent whether it is or not.
pub(crate) async fn subscribe(platform: &Platform, incoming: &Incoming, id: &str) -> Response {
    let done = || {
        if let Err(refusal) = check(platform, incoming, id) {
            return refusal.into_response();
        }
        platform.apps.subscribe(id);
        Json(json!({ "success": true })).into_response()
    };
    call::answer(platform, incoming, channel(platform, incoming, id), "subscribe", id, done).await
}

/// `DELETE`: ends the subscription; one that is not there is ended too.
pub(crate) async fn unsubscribe(platform: &Platform, incoming: &Incoming, id: &str) -> Response {
    let done = || {
        if let Err(refusal) = check(platform, incoming, id) {
            return refusal.into_response();
        }
        platform.apps.unsubscribe(id);
        Json(json!({ "success": true })).into_response()
    };
    call::answer(platform, incoming, channel(platform, incoming, id), "unsubscribe", id, done).await
}

/// `GET`: the apps that are subscribed, which is this one or none.
pub(crate) fn list(platform: &Platform, incoming: &Incoming, id: &str) -> Response {
    if let Err(refusal) = check(platform, incoming, id) {
        return refusal.into_response();
    }
    let subscribed = platform.apps.has(id);
    let apps: Vec<_> = subscribed.then(|| json!({ "id": "1", "name": "Simulated app" })).into_iter().collect();
    Json(json!({ "data": apps })).into_response()
}

fn check(platform: &Platform, incoming: &Incoming, id: &str) -> Result<(), Refusal> {
    token::check(platform, incoming)?;
    let exists = platform.config.has_waba(id) || platform.config.has_page(id);
    exists.then_some(()).ok_or_else(|| error::unknown_object(id))
}

/// Pages name the fields that they subscribe to, business accounts do not.
fn channel(platform: &Platform, incoming: &Incoming, id: &str) -> Channel {
    let is_page = incoming.query("subscribed_fields").is_some() || platform.config.pages.iter().any(|page| page == id);
    if is_page { Channel::Messenger } else { Channel::Whatsapp }
}
