//! `POST /oauth2/token` and `GET /2/webhooks`: the app itself, and where it is told.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use serde_json::json;

use super::error;
use crate::call;
use crate::channel::Channel;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;

/// The one webhook that the app has.
pub(super) const WEBHOOK: &str = "1146654567674912769";
/// What proves that it is the app that asks.
const APP_TOKEN: &str = "simulated-app-token";

/// Gives the app its token for its consumer key and secret.
pub(crate) async fn app_token(State(platform): State<Arc<Platform>>, incoming: Incoming) -> Response {
    let told = || {
        if !knows_secret(&platform, &incoming) {
            return error::unauthorized().into_response();
        }
        if incoming.body.as_ref() != b"grant_type=client_credentials" {
            return error::invalid("grant_type must be client_credentials").into_response();
        }
        Json(json!({ "token_type": "bearer", "access_token": APP_TOKEN })).into_response()
    };
    call::answer(&platform, &incoming, Channel::X, "app", "", told).await
}

/// The app's webhooks: one, under the target, or nowhere that is reached while there is none.
pub(crate) async fn list(State(platform): State<Arc<Platform>>, incoming: Incoming) -> Response {
    let told = || {
        if let Err(refusal) = check_app(&incoming) {
            return refusal.into_response();
        }
        let behaviour = platform.behaviour();
        if !behaviour.x_webhook {
            return Json(json!({ "meta": { "result_count": 0 } })).into_response();
        }
        let target = behaviour.webhook_target.map_or_else(|| "https://loa.invalid".to_owned(), String::from);
        let url = format!("{}{}", target.trim_end_matches('/'), Channel::X.webhook_path());
        let webhook = json!({ "id": WEBHOOK, "url": url, "valid": true, "created_at": "2026-01-18T10:00:00.000Z" });
        Json(json!({ "data": [webhook], "meta": { "result_count": 1 } })).into_response()
    };
    call::answer(&platform, &incoming, Channel::X, "webhooks", "", told).await
}

/// Whether it is the app itself that asks.
pub(super) fn check_app(incoming: &Incoming) -> Result<(), Refusal> {
    let token = incoming.authorization().and_then(|header| header.strip_prefix("Bearer "));
    (token == Some(APP_TOKEN)).then_some(()).ok_or_else(error::unauthorized)
}

/// Any key goes, with the consumer's secret.
fn knows_secret(platform: &Platform, incoming: &Incoming) -> bool {
    let given = incoming.authorization().and_then(|header| header.strip_prefix("Basic "));
    let given = given.and_then(|given| STANDARD.decode(given).ok()).and_then(|given| String::from_utf8(given).ok());
    let secret = given.as_deref().and_then(|given| given.split_once(':')).map(|(_, secret)| secret);
    secret == Some(platform.config.consumer_secret.expose_secret())
}
