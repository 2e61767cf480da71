//! Which path leads where.

use axum::extract::DefaultBodyLimit;
use axum::routing::any;
use axum::{Extension, Router, middleware};
use shared::domain::channel::Channel;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::doors::{self, Door};
use crate::error::ApiError;
use crate::forward::{self, WEBHOOK_PATHS};
use crate::layers;
use crate::openapi::{self, Document};
use crate::routes::{accounts, auth, contacts, conversations, media, messages, unclaimed_events};
use crate::state::AppState;

/// The longest JSON body.
pub const MAX_JSON_BODY: usize = 1024 * 1024;

/// Everything that the API serves.
pub fn router(state: AppState) -> Router {
    let observe = middleware::from_fn_with_state(state.clone(), layers::observe);
    resources(&state).merge(files(&state)).merge(webhooks()).layer(observe).with_state(state)
}

/// What describes the API: a document for each way that leads to it.
pub fn documents() -> Vec<Document> {
    let (of_all, of_a_channel, files) =
        (of_all().into_openapi(), of_a_channel().into_openapi(), files_of_a_channel().into_openapi());
    vec![
        Document::new(
            "neutral",
            "/api/v1/openapi.json",
            &[("/api/v1", &of_all), (doors::NEUTRAL, &of_a_channel), (doors::NEUTRAL, &files)],
        ),
        Document::new(
            "WhatsApp",
            "/api/v1/whatsapp/openapi.json",
            &[("/api/v1", &of_all), (doors::WHATSAPP, &of_a_channel), (doors::WHATSAPP, &files)],
        ),
    ]
}

fn resources(state: &AppState) -> Router<AppState> {
    let gate = middleware::from_fn_with_state(state.clone(), layers::gate);
    Router::new()
        .nest("/api/v1", of_all().into())
        .nest(doors::WHATSAPP, behind(Door::to(Channel::WhatsApp), of_a_channel()))
        .nest(doors::NEUTRAL, of_a_channel().into())
        .merge(openapi::routes(documents()))
        .fallback(async || ApiError::NotFound("path"))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(MAX_JSON_BODY))
        .layer(gate)
        .layer(middleware::from_fn(layers::answer))
}

/// Requests that carry a file: they may take longer, and what is too long is the handler's to say.
fn files(state: &AppState) -> Router<AppState> {
    let gate = middleware::from_fn_with_state(state.clone(), layers::gate);
    Router::new()
        .nest(doors::WHATSAPP, behind(Door::to(Channel::WhatsApp), files_of_a_channel()))
        .nest(doors::NEUTRAL, files_of_a_channel().into())
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::disable())
        .layer(gate)
        .layer(middleware::from_fn(layers::answer_to_file))
}

fn behind(door: Door, operations: OpenApiRouter<AppState>) -> Router<AppState> {
    Router::from(operations).layer(Extension(door))
}

/// What belongs to no channel.
fn of_all() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(auth::login))
        .routes(routes!(auth::me))
        .routes(routes!(unclaimed_events::list))
}

/// What stands behind every door.
fn of_a_channel() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(accounts::list, accounts::connect))
        .routes(routes!(accounts::get))
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::get))
        .routes(routes!(conversations::mark_read))
        .routes(routes!(conversations::assign, conversations::unassign))
        .routes(routes!(conversations::hand_over))
        .routes(routes!(conversations::close))
        .routes(routes!(conversations::reopen))
        .routes(routes!(conversations::set_references))
        .routes(routes!(contacts::list, contacts::create))
        .routes(routes!(contacts::get, contacts::update))
        .routes(routes!(contacts::replace_tags, contacts::add_tags))
        .routes(routes!(contacts::remove_tag))
        .routes(routes!(contacts::change_attributes))
        .routes(routes!(contacts::opt_in))
        .routes(routes!(contacts::list_consents))
        .routes(routes!(contacts::merge))
        .routes(routes!(contacts::list_conversations))
        .routes(routes!(messages::send))
        .routes(routes!(media::get))
        .routes(routes!(media::content))
        .routes(routes!(media::retry))
}

/// What stands behind every door and carries a file.
fn files_of_a_channel() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(media::upload))
}

/// Outside of what the API does to its own answers: these are the ingress's.
fn webhooks() -> Router<AppState> {
    WEBHOOK_PATHS
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, any(forward::forward)))
        .layer(DefaultBodyLimit::disable())
}
