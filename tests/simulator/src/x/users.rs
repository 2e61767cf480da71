//! `GET /2/users/me` and `POST /1.1/oauth/invalidate_token.json`: whose a token is, and its end.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::oauth::{self, Signed};
use crate::call;
use crate::channel::Channel;
use crate::platform::Platform;

/// Says who signed.
pub(crate) async fn me(State(platform): State<Arc<Platform>>, Signed { incoming, user }: Signed) -> Response {
    let told = || {
        Json(json!({ "data": {
            "id": user,
            "name": format!("Simulated user {user}"),
            "username": format!("user_{user}"),
            "profile_image_url": format!("https://pictures.invalid/{user}.jpg"),
        } }))
        .into_response()
    };
    call::answer(&platform, &incoming, Channel::X, "user", &user, told).await
}

/// From here on the token holds no more.
pub(crate) async fn revoke(State(platform): State<Arc<Platform>>, Signed { incoming, user }: Signed) -> Response {
    let token = oauth::token_of(&incoming).unwrap_or_default();
    let done = || {
        platform.apps.revoke(token);
        Json(json!({ "access_token": token })).into_response()
    };
    call::answer(&platform, &incoming, Channel::X, "revoke", &user, done).await
}
