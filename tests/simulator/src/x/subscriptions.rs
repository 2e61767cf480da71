//! `/2/account_activity/webhooks/{id}/subscriptions`: whose activity the app's webhook is told of.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error;
use super::oauth::Signed;
use super::webhooks::{WEBHOOK, check_app};
use crate::call;
use crate::channel::Channel;
use crate::incoming::Incoming;
use crate::platform::Platform;

/// `POST .../{id}/subscriptions/all`: subscribes whoever signed. Webhooks are sent whether it is or not.
pub(crate) async fn subscribe(
    State(platform): State<Arc<Platform>>,
    Path(webhook): Path<String>,
    Signed { incoming, user }: Signed,
) -> Response {
    let done = || {
        if webhook != WEBHOOK {
            return error::not_found("there is no such webhook").into_response();
        }
        platform.apps.subscribe(&user);
        Json(json!({ "data": { "subscribed": true } })).into_response()
    };
    call::answer(&platform, &incoming, Channel::X, "subscribe", &user, done).await
}

/// `GET .../{id}/subscriptions/all`: whether whoever signed is subscribed.
pub(crate) async fn show(State(platform): State<Arc<Platform>>, Signed { user, .. }: Signed) -> Response {
    Json(json!({ "data": { "subscribed": platform.apps.has(&user) } })).into_response()
}

/// `DELETE .../{id}/subscriptions/{user id}/all`: ends a subscription, asked by the app itself.
pub(crate) async fn unsubscribe(
    State(platform): State<Arc<Platform>>,
    Path((webhook, user)): Path<(String, String)>,
    incoming: Incoming,
) -> Response {
    let done = || {
        if let Err(refusal) = check_app(&incoming) {
            return refusal.into_response();
        }
        if webhook != WEBHOOK || !platform.apps.unsubscribe(&user) {
            return error::not_found("there is no such subscription").into_response();
        }
        Json(json!({ "data": { "subscribed": false } })).into_response()
    };
    call::answer(&platform, &incoming, Channel::X, "unsubscribe", &user, done).await
}
