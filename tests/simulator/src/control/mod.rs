//! The control API: what a test or a person asks of the simulator itself. One file per endpoint.

mod account;
mod config;
mod errors;
mod files;
mod flush;
mod inbound;
mod messages;
mod people;
mod refusal;
mod subscriptions;
mod templates;
mod webhook;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::platform::Platform;

/// The longest body: a webhook larger than any platform sends must fit, to see it refused.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Everything under `/control`.
pub(crate) fn routes() -> Router<Arc<Platform>> {
    Router::new()
        .route("/control/health", get(|| async { "ok" }))
        .route("/control/messages", get(messages::list).delete(messages::clear))
        .route("/control/counts", get(messages::counts))
        .route("/control/inbound", post(inbound::deliver))
        .route("/control/webhook", post(webhook::deliver))
        .route("/control/media", post(files::make))
        .route("/control/files", post(files::put))
        .route("/control/templates", post(templates::put))
        .route("/control/templates/change", post(templates::change))
        .route("/control/account", post(account::tell))
        .route("/control/people", post(people::change))
        .route("/control/subscriptions", get(subscriptions::list))
        .route("/control/scripts", get(people::progress).post(people::run))
        .route("/control/errors", post(errors::add).delete(errors::clear))
        .route("/control/flush", post(flush::flush))
        .route("/control/config", get(config::show).post(config::change))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}
