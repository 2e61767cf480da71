//! `POST /control/flush`: nothing waits any longer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::platform::Platform;
use crate::simulator::Counts;

pub(crate) async fn flush(State(platform): State<Arc<Platform>>) -> Json<Counts> {
    Platform::flush(&platform).await;
    Json(platform.counts())
}
