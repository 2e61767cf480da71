//! `POST /{WABA id}/message_templates`.

use std::sync::Arc;

use serde_json::Value;

use super::blueprint::Blueprint;
use super::problem::{EXISTS, NAME_BLOCKED, TOO_MANY, plain, problem};
use super::summary;
use crate::account;
use crate::graph::error;
use crate::graph::fields::Fields;
use crate::id;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;
use crate::templates::{Category, Design, NotAdded, Quality, Status, Template};

/// Templates API: characters of a name.
const MAX_NAME: usize = 512;
/// Meta: too many calls for a WABA.
const WABA_RATE: i64 = 80_007;

pub(super) fn create(platform: &Arc<Platform>, incoming: &Incoming, waba: &str) -> Result<Value, Refusal> {
    let body = incoming.json();
    let template = read(body.as_ref(), waba)?;
    platform.templates.create(template.clone(), incoming.at).map_err(|not_added| match not_added {
        NotAdded::Exists => problem(EXISTS, "There is such a template in this language"),
        NotAdded::NameBlocked => problem(NAME_BLOCKED, "The name was deleted less than 30 days ago"),
        NotAdded::TooMany => problem(TOO_MANY, "The account has as many templates as it may"),
        NotAdded::TooFast => error::of_code(WABA_RATE, None, false),
    })?;
    account::approve_later(platform, &template);
    Ok(summary(&template))
}

fn read(body: Option<&Value>, waba: &str) -> Result<Template, Refusal> {
    let fields = Fields::of_body(body, false)?;
    fields.only(&[
        "name",
        "language",
        "category",
        "components",
        "parameter_format",
        "allow_category_change",
        "message_send_ttl_seconds",
        "cta_url_link_tracking_opted_out",
        "sub_category",
        "access_token",
    ])?;
    let name = fields.short_text("name", MAX_NAME)?.unwrap_or_default();
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !is_name {
        return Err(fields.invalid("name", "must be lower-case letters, digits and underscores."));
    }
    let language = fields.required_text("language")?;
    let category = category(&fields)?;
    let is_named = fields.text("parameter_format")?.is_some_and(|format| format.eq_ignore_ascii_case("named"));
    let components = body.and_then(|body| body["components"].as_array()).cloned();
    let components = components.ok_or_else(|| plain("The parameter components is required."))?;
    Blueprint { category, is_named, components: &components }.check()?;
    Ok(Template {
        id: id::node(),
        waba: waba.to_owned(),
        name: name.to_owned(),
        language: language.to_owned(),
        category,
        status: Status::Pending,
        quality: Quality::Unknown,
        design: Design::read(&components),
        components,
    })
}

/// The category under its name in `fields`.
pub(super) fn category(fields: &Fields<'_>) -> Result<Category, Refusal> {
    match fields.required_text("category")?.to_ascii_uppercase().as_str() {
        "MARKETING" => Ok(Category::Marketing),
        "UTILITY" => Ok(Category::Utility),
        "AUTHENTICATION" => Ok(Category::Authentication),
        _ => Err(fields.invalid("category", "must be one of {UTILITY, MARKETING, AUTHENTICATION}.")),
    }
}
