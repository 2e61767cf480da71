//! Message templates: `/{WABA id}/message_templates`, `/{template id}`, `/{template id}/unpause`.

mod blueprint;
mod buttons;
mod create;
mod edit;
mod list;
mod problem;

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{error, token};
use crate::clock;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;
use crate::templates::{Status, Template};

/// `POST /{WABA id}/message_templates`.
pub(super) fn create(platform: &Arc<Platform>, incoming: &Incoming, waba: &str) -> Response {
    answer(permitted(platform, incoming, waba).and_then(|()| create::create(platform, incoming, waba)))
}

/// `GET /{WABA id}/message_templates`.
pub(super) fn list(platform: &Platform, incoming: &Incoming, waba: &str) -> Response {
    answer(permitted(platform, incoming, waba).and_then(|()| list::list(platform, incoming, waba)))
}

/// `DELETE /{WABA id}/message_templates`: all languages of a name, or only the one with an id.
pub(super) fn delete(platform: &Platform, incoming: &Incoming, waba: &str) -> Response {
    answer(permitted(platform, incoming, waba).and_then(|()| {
        let name = incoming.query("name").ok_or_else(|| error::invalid("The parameter name is required.", false))?;
        let id = incoming.query("hsm_id");
        let is_gone = platform.templates.delete(waba, &name, id.as_deref(), clock::now());
        is_gone.then(|| json!({ "success": true })).ok_or_else(|| error::invalid("Template not found", false))
    }))
}

/// `GET /{template id}`; none where there is no such template.
pub(super) fn show(platform: &Platform, incoming: &Incoming, id: &str) -> Option<Response> {
    let template = platform.templates.by_id(id)?;
    Some(answer(token::check(platform, incoming).map(|()| list::whole(&template))))
}

/// `POST /{template id}`; none where there is no such template.
pub(super) fn edit(platform: &Arc<Platform>, incoming: &Incoming, id: &str) -> Option<Response> {
    let template = platform.templates.by_id(id)?;
    Some(answer(token::check(platform, incoming).and_then(|()| edit::edit(platform, incoming, &template))))
}

/// `POST /{template id}/unpause`.
pub(super) fn unpause(platform: &Platform, incoming: &Incoming, id: &str) -> Response {
    answer(token::check(platform, incoming).and_then(|()| {
        let template = platform.templates.by_id(id).ok_or_else(|| error::unknown_object(id))?;
        if template.status != Status::Paused {
            return Err(error::invalid("The template is not paused", false));
        }
        platform.templates.change(&template, |template| template.status = Status::Approved);
        Ok(json!({ "success": true }))
    }))
}

fn permitted(platform: &Platform, incoming: &Incoming, waba: &str) -> Result<(), Refusal> {
    token::check(platform, incoming)?;
    platform.config.has_waba(waba).then_some(()).ok_or_else(|| error::unknown_object(waba))
}

/// What is told of a template that was just made or changed.
fn summary(template: &Template) -> Value {
    json!({ "id": template.id, "status": template.status, "category": template.category })
}

fn answer(answer: Result<Value, Refusal>) -> Response {
    match answer {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}
