//! News of message templates.

use serde_json::{Map, Value, json};

use super::super::super::read;
use crate::domain::platform_news::{AccountNews, CategoryNews, StatusNews, TemplateNews, TemplateRef};

pub(super) fn status(value: &Value) -> Option<AccountNews> {
    let other = value.get("other_info");
    let news = StatusNews {
        event: read::label(value, "event")?,
        reason: reason(value),
        category: read::label(value, "message_template_category"),
        title: other.and_then(|other| read::label(other, "title")),
    };
    about(value, TemplateNews::Status(news))
}

pub(super) fn quality(value: &Value) -> Option<AccountNews> {
    about(value, TemplateNews::Quality(read::label(value, "new_quality_score")?))
}

/// The platform names the parts each by itself; kept in the form in which templates are created and listed.
pub(super) fn components(value: &Value) -> Option<AccountNews> {
    let text = |key| read::text(value, key);
    let title = text("message_template_title").map(|text| json!({"type": "HEADER", "format": "TEXT", "text": text}));
    let body = text("message_template_element").map(|text| json!({"type": "BODY", "text": text}));
    let footer = text("message_template_footer").map(|text| json!({"type": "FOOTER", "text": text}));
    let buttons: Vec<Value> = read::list(value, "message_template_buttons").iter().map(button).collect();
    let buttons = (!buttons.is_empty()).then(|| json!({"type": "BUTTONS", "buttons": buttons}));
    let parts: Vec<Value> = [title, body, footer, buttons].into_iter().flatten().collect();
    if parts.is_empty() {
        return None;
    }
    about(value, TemplateNews::Components(read::storable_json(&Value::Array(parts)).to_string()))
}

/// A change that was made, or, where the correct category is named, one that is announced: the new
/// category is the present one then.
pub(super) fn category(value: &Value) -> Option<AccountNews> {
    let news =
        CategoryNews { current: read::label(value, "new_category")?, next: read::label(value, "correct_category") };
    about(value, TemplateNews::Category(news))
}

fn about(value: &Value, news: TemplateNews) -> Option<AccountNews> {
    let name = read::label(value, "message_template_name");
    let language = read::label(value, "message_template_language").map(|language| language.replace('-', "_"));
    let template = TemplateRef { platform_id: read::id(value, "message_template_id"), name: name.zip(language) };
    if template.platform_id.is_none() && template.name.is_none() {
        return None;
    }
    Some(AccountNews::Template { template, news })
}

/// All that the platform says of why, in one line.
fn reason(value: &Value) -> Option<String> {
    let under = |object: &str, key| value.get(object).and_then(|object| read::label(object, key));
    let day = value.get("disable_info").and_then(|info| read::id(info, "disable_date"));
    let said = [
        read::label(value, "reason").filter(|reason| reason != "NONE"),
        under("rejection_info", "reason"),
        under("rejection_info", "recommendation"),
        under("other_info", "title"),
        under("other_info", "description"),
        day,
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// A button, with the prefix of its keys taken off.
fn button(button: &Value) -> Value {
    let Some(fields) = button.as_object() else {
        return button.clone();
    };
    let plain: Map<String, Value> = fields
        .iter()
        .map(|(key, value)| (key.trim_start_matches("message_template_button_").to_owned(), value.clone()))
        .collect();
    Value::Object(plain)
}
