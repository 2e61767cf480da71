//! Templates on command: there from the start, decided on, changed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::news::webhook;
use crate::id;
use crate::platform::Platform;
use crate::templates::{Category, Design, Quality, Status, Template};
use crate::webhook::Posted;

/// A template that is there at once, with no questions asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTemplate {
    /// The WhatsApp business account.
    pub waba: String,
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// What it is for.
    pub category: Category,
    /// How it stands; approved where nothing is said.
    #[serde(default = "approved")]
    pub status: Status,
    /// What it is made of, as Meta's API takes it.
    pub components: Vec<Value>,
}

/// What happens to a template. A webhook tells of each thing that is named.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateChange {
    /// The WhatsApp business account.
    pub waba: String,
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// What was decided, as `message_template_status_update` names it: `PAUSED`, `REINSTATED`.
    #[serde(default)]
    pub event: Option<String>,
    /// Fields of that webhook besides the usual ones: `reason`, `other_info`, `disable_info`.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// What customers make of it from now on.
    #[serde(default)]
    pub quality: Option<Quality>,
    /// What it is for from now on.
    #[serde(default)]
    pub category: Option<Category>,
    /// What it will be for: only told, not yet done.
    #[serde(default)]
    pub category_soon: Option<Category>,
    /// What it is made of from now on.
    #[serde(default)]
    pub components: Option<Vec<Value>>,
}

/// There is no such template.
#[derive(Debug, thiserror::Error)]
#[error("there is no such template")]
pub struct TemplateNotFound;

/// What became of an order for a template.
#[derive(Debug, thiserror::Error)]
#[error("components: expected a list that is not empty")]
pub struct InvalidTemplate;

impl NewTemplate {
    pub(crate) fn put(self, platform: &Platform) -> Result<String, InvalidTemplate> {
        if self.components.is_empty() {
            return Err(InvalidTemplate);
        }
        let id = id::node();
        platform.templates.put(Template {
            id: id.clone(),
            waba: self.waba,
            name: self.name,
            language: self.language,
            category: self.category,
            status: self.status,
            quality: Quality::Unknown,
            design: Design::read(&self.components),
            components: self.components,
        });
        Ok(id)
    }
}

impl TemplateChange {
    /// Changes the template and posts what is told of it; how each POST ended.
    pub(crate) async fn make(self, platform: &Platform) -> Result<Vec<Posted>, TemplateNotFound> {
        let old = platform.templates.find(&self.waba, &self.name, &self.language).ok_or(TemplateNotFound)?;
        let changed = platform.templates.change(&old, |template| self.apply(template)).ok_or(TemplateNotFound)?;
        let mut posted = Vec::new();
        for (field, value) in self.told(&old, &changed) {
            posted.push(webhook(&self.waba, field, &value).post(platform).await);
        }
        Ok(posted)
    }

    fn apply(&self, template: &mut Template) {
        if let Some(status) = self.event.as_deref().and_then(status_after) {
            template.status = status;
        }
        template.quality = self.quality.unwrap_or(template.quality);
        template.category = self.category.unwrap_or(template.category);
        if let Some(components) = &self.components {
            template.design = Design::read(components);
            template.components.clone_from(components);
        }
    }

    fn told(&self, old: &Template, new: &Template) -> Vec<(&'static str, Value)> {
        let mut told = Vec::new();
        let mut tell = |field, more: Value| told.push((field, about(new, more)));
        if let Some(event) = &self.event {
            let mut more = json!({ "event": event, "reason": "NONE", "message_template_category": new.category });
            if let Some(more) = more.as_object_mut() {
                more.extend(self.with.clone());
            }
            tell("message_template_status_update", more);
        }
        if self.quality.is_some() {
            let more = json!({ "previous_quality_score": old.quality, "new_quality_score": new.quality });
            tell("message_template_quality_update", more);
        }
        if self.category.is_some() {
            let more = json!({ "previous_category": old.category, "new_category": new.category });
            tell("template_category_update", more);
        }
        if let Some(soon) = self.category_soon {
            tell("template_category_update", json!({ "correct_category": soon, "new_category": new.category }));
        }
        if self.components.is_some() {
            tell("message_template_components_update", words(new));
        }
        told
    }
}

/// Approves a template after the time that the platforms take, and tells of it.
pub(crate) fn approve_later(platform: &Arc<Platform>, template: &Template) {
    let Some(delay) = platform.behaviour().template_approved_after_ms.duration() else {
        return;
    };
    let change = TemplateChange {
        waba: template.waba.clone(),
        name: template.name.clone(),
        language: template.language.clone(),
        event: Some("APPROVED".to_owned()),
        ..TemplateChange::default()
    };
    let this = Arc::clone(platform);
    platform.tasks.spawn(async move {
        let approval = async {
            sleep(delay).await;
            // It may have been deleted meanwhile: then there is nothing to approve.
            let _ = change.make(&this).await;
        };
        this.stop.run_until_cancelled(approval).await;
    });
}

/// How a template stands after an event; none where the event does not change that.
fn status_after(event: &str) -> Option<Status> {
    Some(match event {
        "APPROVED" | "REINSTATED" | "UNLOCKED" | "UNARCHIVED" => Status::Approved,
        "PENDING" => Status::Pending,
        "REJECTED" => Status::Rejected,
        "PAUSED" | "LOCKED" => Status::Paused,
        "DISABLED" => Status::Disabled,
        "IN_APPEAL" => Status::InAppeal,
        "PENDING_DELETION" | "DELETED" => Status::PendingDeletion,
        "ARCHIVED" => Status::Archived,
        _ => return None,
    })
}

fn about(template: &Template, more: Value) -> Value {
    let mut value = json!({
        // Meta gives this id as a number, unlike all others.
        "message_template_id": template.id.parse::<u64>().unwrap_or_default(),
        "message_template_name": template.name,
        "message_template_language": template.language,
    });
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    value
}

/// The words of a template as `message_template_components_update` tells them.
fn words(template: &Template) -> Value {
    let mut words = Map::new();
    for component in &template.components {
        let name = match component["type"].as_str().unwrap_or_default().to_ascii_uppercase().as_str() {
            "HEADER" => "message_template_title",
            "BODY" => "message_template_element",
            "FOOTER" => "message_template_footer",
            "BUTTONS" => {
                let buttons = component["buttons"].as_array().into_iter().flatten().map(button).collect();
                words.insert("message_template_buttons".to_owned(), Value::Array(buttons));
                continue;
            }
            _ => continue,
        };
        if let Some(text) = component.get("text") {
            words.insert(name.to_owned(), text.clone());
        }
    }
    Value::Object(words)
}

fn button(button: &Value) -> Value {
    let fields = [("type", "type"), ("text", "text"), ("url", "url"), ("phone_number", "phone_number")];
    let told = fields
        .iter()
        .filter_map(|(from, to)| Some((format!("message_template_button_{to}"), button.get(*from)?.clone())));
    Value::Object(told.collect())
}

fn approved() -> Status {
    Status::Approved
}

/// What is told of how a change was posted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    pub(crate) http_statuses: Vec<Option<u16>>,
}

impl From<Vec<Posted>> for Told {
    fn from(posted: Vec<Posted>) -> Self {
        Self { http_statuses: posted.into_iter().map(Posted::status).collect() }
    }
}
