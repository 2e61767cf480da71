//! `POST /control/account`: news of a business.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::refusal::refuse;
use crate::account::AccountNews;
use crate::platform::Platform;

pub(crate) async fn tell(State(platform): State<Arc<Platform>>, Json(news): Json<AccountNews>) -> Response {
    match news.post(&platform).await {
        Ok(posted) => Json(json!({ "httpStatus": posted.status() })).into_response(),
        Err(error) => refuse(&error),
    }
}
