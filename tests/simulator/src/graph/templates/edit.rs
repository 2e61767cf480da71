//! `POST /{template id}`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::blueprint::Blueprint;
use super::create::category;
use super::problem::plain;
use crate::account;
use crate::graph::fields::Fields;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;
use crate::templates::{Design, Status, Template};

pub(super) fn edit(platform: &Arc<Platform>, incoming: &Incoming, template: &Template) -> Result<Value, Refusal> {
    let body = incoming.json();
    let fields = Fields::of_body(body.as_ref(), false)?;
    fields.only(&["components", "category", "message_send_ttl_seconds", "parameter_format", "access_token"])?;
    if !matches!(template.status, Status::Approved | Status::Rejected | Status::Paused) {
        return Err(plain("Only approved, rejected and paused templates can be edited"));
    }
    let category = if fields.has("category") { category(&fields)? } else { template.category };
    let components = body.as_ref().and_then(|body| body["components"].as_array());
    let components = components.unwrap_or(&template.components).clone();
    let is_named = template.design.body.is_named() || template.design.body.variables.is_empty() && names(&components);
    Blueprint { category, is_named, components: &components }.check()?;
    if !platform.templates.may_edit(template, incoming.at) {
        return Err(plain("An approved template can be edited once in 24 hours and 10 times in 30 days"));
    }
    platform.templates.change(template, |template| {
        template.category = category;
        template.design = Design::read(&components);
        template.components.clone_from(&components);
        template.status = Status::Pending;
    });
    account::approve_later(platform, template);
    Ok(json!({ "success": true }))
}

/// Whether places of the new components have names.
fn names(components: &[Value]) -> bool {
    Design::read(components).body.is_named()
}
