//! Which path leads where.

use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::Next;
use axum::routing::any;
use axum::{Extension, Router, middleware};
use shared::domain::channel::Channel;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::doors::{self, Aliases, Door, Spelling};
use crate::error::ApiError;
use crate::forward::{self, WEBHOOK_PATHS};
use crate::layers;
use crate::openapi::{self, Document};
use crate::routes::{
    accounts, api_keys, audit, auth, contacts, conversations, dead_letters, doubts, flows, media, merchant, messages,
    notifications, shops, teams, unclaimed_events, users,
};
use crate::state::AppState;

/// Where everything of ours stands.
const ROOT: &str = "/api/v1";
/// The longest JSON body.
pub const MAX_JSON_BODY: usize = 1024 * 1024;

/// Everything that the API serves.
pub fn router(state: AppState) -> Router {
    let observe = middleware::from_fn_with_state(state.clone(), layers::observe);
    let router = resources(&state).merge(files(&state)).merge(webhooks()).layer(observe).with_state(state);
    Router::new().fallback_service(Aliases::before(router))
}

/// What describes the API: a document for each way that leads to it.
pub fn documents() -> Vec<Document> {
    let spelled = |spelling: Spelling, document: Document| match spelling.speller() {
        Some(speller) => speller.describe(document),
        None => document,
    };
    let all = of_all().into_openapi();
    vec![
        document("neutral", "/api/v1/openapi.json", doors::NEUTRAL, Some(&all)),
        document("WhatsApp", "/api/v1/whatsapp/openapi.json", doors::WHATSAPP, None),
        spelled(Spelling::X, document("X", "/api/v1/mkt-x/openapi.json", doors::X, None)),
        spelled(Spelling::Facebook, document("Facebook", "/api/v1/mkt-facebook/openapi.json", doors::FACEBOOK, None)),
    ]
}

/// What stands behind every door, with nothing before it.
pub fn plain_document() -> Document {
    document("plain", "", "", None)
}

fn document(title: &'static str, path: &'static str, door: &'static str, all: Option<&OpenApi>) -> Document {
    let (of_a_channel, files) = (of_a_channel().into_openapi(), files_of_a_channel().into_openapi());
    let mut parts = vec![(door, &of_a_channel), (door, &files)];
    parts.extend(all.map(|all| (ROOT, all)));
    Document::new(title, path, &parts)
}

fn resources(state: &AppState) -> Router<AppState> {
    let gate = middleware::from_fn_with_state(state.clone(), layers::gate);
    Router::new()
        .nest(ROOT, of_all().into())
        .nest(doors::WHATSAPP, behind(doors::WHATSAPP, Door::to(Channel::WhatsApp), of_a_channel()))
        .nest(doors::X, behind(doors::X, Door::x(), of_a_channel()))
        .nest(doors::FACEBOOK, behind(doors::FACEBOOK, Door::facebook(), of_a_channel()))
        .nest(doors::NEUTRAL, of_a_channel().into())
        .layer(middleware::from_fn_with_state(state.clone(), layers::once))
        .layer(middleware::from_fn_with_state(state.clone(), layers::limit))
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
        .nest(doors::WHATSAPP, behind(doors::WHATSAPP, Door::to(Channel::WhatsApp), files_of_a_channel()))
        .nest(doors::X, behind(doors::X, Door::x(), files_of_a_channel()))
        .nest(doors::FACEBOOK, behind(doors::FACEBOOK, Door::facebook(), files_of_a_channel()))
        .nest(doors::NEUTRAL, files_of_a_channel().into())
        .layer(middleware::from_fn_with_state(state.clone(), layers::limit))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::disable())
        .layer(gate)
        .layer(middleware::from_fn(layers::answer_to_file))
}

fn behind(prefix: &'static str, door: Door, operations: OpenApiRouter<AppState>) -> Router<AppState> {
    let operations = Router::from(operations);
    let spelled = match door.spelling.speller() {
        Some(speller) => operations.layer(middleware::from_fn(move |request: Request, next: Next| {
            doors::respell(prefix, speller, request, next)
        })),
        None => operations,
    };
    spelled.layer(Extension(door))
}

/// What belongs to no channel.
fn of_all() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me))
        .routes(routes!(shops::list, shops::create))
        .routes(routes!(shops::get, shops::change))
        .routes(routes!(auth::password))
        .merge(of_the_merchant())
        .merge(of_flows())
        .merge(of_nobody())
}

/// The merchant, its people and its integrations.
fn of_the_merchant() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(merchant::get, merchant::change))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::get, users::change))
        .routes(routes!(users::reset_password))
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(teams::get, teams::rename, teams::delete))
        .routes(routes!(teams::members, teams::set_members))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::get, api_keys::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(doubts::list))
        .routes(routes!(doubts::resend))
        .routes(routes!(doubts::give_up))
}

/// What belongs to no merchant, for operators.
fn of_nobody() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::put_back_several))
        .routes(routes!(dead_letters::get, dead_letters::drop_letter))
        .routes(routes!(dead_letters::put_back))
        .routes(routes!(unclaimed_events::list))
        .routes(routes!(unclaimed_events::get, unclaimed_events::discard))
        .routes(routes!(unclaimed_events::give_back))
}

/// What stands behind every door.
fn of_a_channel() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(accounts::list, accounts::connect))
        .routes(routes!(accounts::get, accounts::change, accounts::disconnect))
        .routes(routes!(accounts::credentials))
        .routes(routes!(accounts::limits))
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
        .routes(routes!(messages::list))
        .routes(routes!(messages::get))
        .routes(routes!(messages::cancel))
        .routes(routes!(messages::react, messages::unreact))
        .routes(routes!(messages::retry))
        .routes(routes!(notifications::order_status))
        .routes(routes!(notifications::appointment_reminder))
        .routes(routes!(notifications::texts, notifications::set_texts))
        .routes(routes!(media::get))
        .routes(routes!(media::content))
        .routes(routes!(media::retry))
        .merge(of_flows())
}

/// Flows, which may work on one channel or on all of them.
fn of_flows() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(flows::list, flows::create))
        .routes(routes!(flows::validate_document))
        .routes(routes!(flows::simulate_document))
        .routes(routes!(flows::import))
        .routes(routes!(flows::gallery, flows::create_from_gallery))
        .routes(routes!(flows::get, flows::update, flows::delete))
        .routes(routes!(flows::activate))
        .routes(routes!(flows::deactivate))
        .routes(routes!(flows::rollback))
        .routes(routes!(flows::list_versions))
        .routes(routes!(flows::get_version))
        .routes(routes!(flows::diff))
        .routes(routes!(flows::validate))
        .routes(routes!(flows::simulate))
        .routes(routes!(flows::export))
        .routes(routes!(flows::figures))
        .routes(routes!(flows::list_failures))
        .routes(routes!(flows::start))
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
