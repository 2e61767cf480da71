//! `GET` and `DELETE /control/messages`, `GET /control/counts`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;

use crate::ledger::{Filter, Received};
use crate::lock::lock;
use crate::platform::Platform;
use crate::simulator::Counts;

pub(crate) async fn list(State(platform): State<Arc<Platform>>, Query(filter): Query<Filter>) -> Json<Vec<Received>> {
    Json(lock(&platform.ledger).find(&filter))
}

pub(crate) async fn clear(State(platform): State<Arc<Platform>>) -> StatusCode {
    platform.clear();
    StatusCode::NO_CONTENT
}

pub(crate) async fn counts(State(platform): State<Arc<Platform>>) -> Json<Counts> {
    Json(platform.counts())
}
