//! Keeps requests out until the database has been found fit to serve from.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;
use crate::state::AppState;

/// Answers 503 until the [admission](crate::admission).
pub async fn gate(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if state.admission.is_open() {
        next.run(request).await
    } else {
        ApiError::Unavailable("the service is starting, try again").into_response()
    }
}
