//! The part of graph.facebook.com that Loa uses: one file per endpoint.

mod codes;
pub(crate) mod error;
mod fields;
mod media;
pub(crate) mod messenger;
mod multipart;
mod page;
mod path;
mod phone_number;
mod phone_numbers;
mod subscribed_apps;
mod templates;
pub(crate) mod token;
pub(crate) mod whatsapp;

use std::sync::Arc;

use axum::extract::State;
use axum::http::Method;
use axum::response::{IntoResponse, Response};

pub(crate) use codes::code_named;

use crate::incoming::Incoming;
use crate::platform::Platform;
use path::GraphPath;

/// Answers whatever is asked of the Graph API: `/[<version>/]<node>[/<edge>]`.
pub(crate) async fn serve(State(platform): State<Arc<Platform>>, incoming: Incoming) -> Response {
    let Some(path) = GraphPath::parse(incoming.uri.path()) else {
        return error::unknown_path().into_response();
    };
    match (&incoming.method, path.edge) {
        (&Method::POST, Some("messages")) => messages(&platform, &incoming, path.node).await,
        (&Method::POST, Some("subscribed_apps")) => subscribed_apps::subscribe(&platform, &incoming, path.node).await,
        (&Method::DELETE, Some("subscribed_apps")) => {
            subscribed_apps::unsubscribe(&platform, &incoming, path.node).await
        }
        (&Method::GET, Some("subscribed_apps")) => subscribed_apps::list(&platform, &incoming, path.node),
        (&Method::GET, Some("phone_numbers")) => phone_numbers::list(&platform, &incoming, path.node).await,
        (&Method::POST, Some("marketing_messages")) => {
            whatsapp::marketing::messages(&platform, &incoming, path.node, incoming.json()).await
        }
        (&Method::POST, Some("media")) => media::upload(&platform, &incoming, path.node),
        (&Method::POST, Some("message_templates")) => templates::create(&platform, &incoming, path.node),
        (&Method::GET, Some("message_templates")) => templates::list(&platform, &incoming, path.node),
        (&Method::DELETE, Some("message_templates")) => templates::delete(&platform, &incoming, path.node),
        (&Method::POST, Some("unpause")) => templates::unpause(&platform, &incoming, path.node),
        (&Method::POST, None) => templates::edit(&platform, &incoming, path.node)
            .unwrap_or_else(|| error::unknown_object(path.node).into_response()),
        (&Method::GET, None) => show(&platform, &incoming, path.node).await,
        (&Method::DELETE, None) => media::delete(&platform, &incoming, path.node)
            .unwrap_or_else(|| error::unknown_object(path.node).into_response()),
        _ => error::unknown_path().into_response(),
    }
}

/// A file, a template, a page or a number: whichever has the id.
async fn show(platform: &Platform, incoming: &Incoming, node: &str) -> Response {
    let found = media::show(platform, incoming, node).or_else(|| templates::show(platform, incoming, node));
    if let Some(found) = found {
        return found;
    }
    if page::is_meant(platform, incoming, node) {
        page::show(platform, incoming, node).await
    } else {
        phone_number::show(platform, incoming, node).await
    }
}

/// Both products send at `/{id}/messages`. A registered id says which product it is; for any
/// other, WhatsApp's bodies do, which name their product.
async fn messages(platform: &Platform, incoming: &Incoming, node: &str) -> Response {
    let body = incoming.json();
    let config = &platform.config;
    let is_page = config.pages.iter().any(|page| page == node);
    let is_number = config.numbers.iter().any(|number| number.phone_number_id == node);
    let names_product = body.as_ref().is_some_and(|body| body.get("messaging_product").is_some());
    if is_number || (!is_page && names_product) {
        whatsapp::messages(platform, incoming, node, body).await
    } else {
        messenger::messages(platform, incoming, node, body).await
    }
}
