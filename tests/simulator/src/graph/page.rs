//! `GET /{page id}`, and `GET /me` with a page's token.

use axum::Json;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::path::OWNER;
use super::{error, token};
use crate::call;
use crate::channel::Channel;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;

/// Whether a page is asked for: it is registered, or, where any id is one, asked for its name, which numbers have not.
pub(crate) fn is_meant(platform: &Platform, incoming: &Incoming, node: &str) -> bool {
    let config = &platform.config;
    let has_name = incoming.query("fields").is_some_and(|fields| fields.split(',').any(|field| field == "name"));
    node == OWNER || has_name || config.pages.iter().any(|page| page == node)
}

/// Describes a page; `fields` chooses, `id` always comes.
pub(crate) async fn show(platform: &Platform, incoming: &Incoming, node: &str) -> Response {
    let told = || match describe(platform, incoming, node) {
        Ok(page) => Json(page).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    call::answer(platform, incoming, Channel::Messenger, "page", node, told).await
}

fn describe(platform: &Platform, incoming: &Incoming, node: &str) -> Result<Value, Refusal> {
    let token = token::accepted(platform, incoming)?;
    let id = if node == OWNER { owner(token.expose_secret()) } else { Some(node.to_owned()) };
    let id = id.filter(|id| platform.config.has_page(id)).ok_or_else(|| error::unknown_object(node))?;
    let whole = json!({
        "id": id,
        "name": format!("Simulated page {id}"),
        "username": format!("page.{id}"),
        "picture": { "data": { "url": format!("https://pictures.invalid/{id}.jpg") } },
    });
    let fields = incoming.query("fields").unwrap_or_default().into_owned();
    let chosen: Map<_, _> = ["id"]
        .into_iter()
        .chain(fields.split(','))
        .filter_map(|field| Some((field.to_owned(), whole.get(field)?.clone())))
        .collect();
    Ok(Value::Object(chosen))
}

/// The page whose token it is: a page's token begins with its id and a hyphen.
fn owner(token: &str) -> Option<String> {
    let (id, _) = token.split_once('-')?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then(|| id.to_owned())
}
