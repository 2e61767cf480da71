//! Which path leads where.

use axum::extract::DefaultBodyLimit;
use axum::routing::{any, delete, get, post, put};
use axum::{Extension, Router, middleware};
use shared::domain::channel::Channel;

use crate::doors::{self, Door};
use crate::error::ApiError;
use crate::forward::{self, WEBHOOK_PATHS};
use crate::layers;
use crate::routes::{accounts, auth, contacts, conversations, media, messages, unclaimed_events};
use crate::state::AppState;

/// The longest JSON body.
pub const MAX_JSON_BODY: usize = 1024 * 1024;

/// Everything that the API serves.
pub fn router(state: AppState) -> Router {
    let observe = middleware::from_fn_with_state(state.clone(), layers::observe);
    resources(&state).merge(files(&state)).merge(webhooks()).layer(observe).with_state(state)
}

fn resources(state: &AppState) -> Router<AppState> {
    let gate = middleware::from_fn_with_state(state.clone(), layers::gate);
    Router::new()
        .route("/api/v1/auth/login", post(auth::login))
        .route("/api/v1/auth/me", get(auth::me))
        .route("/api/v1/unclaimed-events", get(unclaimed_events::list))
        .nest(doors::WHATSAPP, of_a_channel().layer(Extension(Door::to(Channel::WhatsApp))))
        .nest(doors::NEUTRAL, of_a_channel())
        .fallback(async || ApiError::NotFound("path"))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(MAX_JSON_BODY))
        .layer(gate)
        .layer(middleware::from_fn(layers::answer))
}

/// Requests that carry a file: they may take longer, and what is too long is the handler's to say.
fn files(state: &AppState) -> Router<AppState> {
    let gate = middleware::from_fn_with_state(state.clone(), layers::gate);
    let of_a_channel = || Router::new().route("/media", post(media::upload));
    Router::new()
        .nest(doors::WHATSAPP, of_a_channel().layer(Extension(Door::to(Channel::WhatsApp))))
        .nest(doors::NEUTRAL, of_a_channel())
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::disable())
        .layer(gate)
        .layer(middleware::from_fn(layers::answer_to_file))
}

/// What stands behind every door.
fn of_a_channel() -> Router<AppState> {
    Router::new()
        .route("/accounts", get(accounts::list).post(accounts::connect))
        .route("/accounts/{id}", get(accounts::get))
        .route("/conversations", get(conversations::list))
        .route("/conversations/{id}", get(conversations::get))
        .route("/conversations/{id}/messages", post(messages::send))
        .route("/conversations/{id}/read", post(conversations::mark_read))
        .route("/conversations/{id}/assign", post(conversations::assign).delete(conversations::unassign))
        .route("/conversations/{id}/handler", put(conversations::hand_over).post(conversations::hand_over))
        .route("/conversations/{id}/close", post(conversations::close).put(conversations::close))
        .route("/conversations/{id}/reopen", post(conversations::reopen).put(conversations::reopen))
        .route("/conversations/{id}/references", put(conversations::set_references))
        .nest("/contacts", people())
        .nest("/customers", people())
        .route("/media/{id}", get(media::get))
        .route("/media/{id}/content", get(media::content))
        .route("/media/{id}/retry", post(media::retry))
}

/// X's page calls them contacts, WhatsApp's and Facebook's customers.
fn people() -> Router<AppState> {
    Router::new()
        .route("/", get(contacts::list).post(contacts::create))
        .route("/{id}", get(contacts::get).put(contacts::update))
        .route("/{id}/tags", put(contacts::replace_tags).post(contacts::add_tags))
        .route("/{id}/tags/{tag}", delete(contacts::remove_tag))
        .route("/{id}/attributes", put(contacts::change_attributes))
        .route("/{id}/opt-in", put(contacts::opt_in).post(contacts::opt_in))
        .route("/{id}/consents", get(contacts::list_consents))
        .route("/{id}/merge", post(contacts::merge))
        .route("/{id}/conversations", get(contacts::list_conversations))
}

/// Outside of what the API does to its own answers: these are the ingress's.
fn webhooks() -> Router<AppState> {
    WEBHOOK_PATHS
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, any(forward::forward)))
        .layer(DefaultBodyLimit::disable())
}
