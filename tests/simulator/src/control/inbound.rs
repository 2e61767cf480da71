//! `POST /control/inbound`: a customer writes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::refusal::refuse;
use crate::inbound::Inbound;
use crate::platform::Platform;

pub(crate) async fn deliver(State(platform): State<Arc<Platform>>, Json(inbound): Json<Inbound>) -> Response {
    match inbound.deliver(&platform).await {
        Ok(delivered) => Json(delivered).into_response(),
        Err(error) => refuse(&error),
    }
}
