//! A notification as a template: which language, and what fills its places.

use serde_json::Value;
use shared::domain::message::Content;
use shared::domain::message::template::{Parameter, ParameterValue, Template};
use shared::domain::notification::{Language, Notice, places};
use shared::store::notifications::Approved;

use super::deliver::{Values, missing_variables};
use crate::error::ApiError;

/// What a template is to say.
pub(super) struct Wanted<'a> {
    pub(super) notice: Notice,
    pub(super) values: &'a Values,
    /// The notice in words, its places filled.
    pub(super) words: &'a str,
}

/// The template in `language`: in the very `locale` where there is one, else in any of the language. One with more
/// to fill than its words is none: nobody said by what.
pub(super) fn choose<'a>(approved: &'a [Approved], language: Language, locale: Option<&str>) -> Option<&'a Approved> {
    let same = |one: &&Approved| {
        locale.is_some_and(|locale| one.language.replace('-', "_").eq_ignore_ascii_case(&locale.replace('-', "_")))
    };
    let mut fitting = approved
        .iter()
        .filter(|one| Language::of_locale(&one.language) == Some(language))
        .filter(|one| one.components.as_ref().is_none_or(fills_words_alone));
    let all: Vec<&Approved> = fitting.by_ref().collect();
    all.iter().copied().find(|one| same(one)).or_else(|| all.first().copied())
}

/// The template with its places filled: numbered ones in the documents' order, named ones by their name.
pub(super) fn content(template: &Approved, wanted: &Wanted<'_>) -> Result<Content, ApiError> {
    let body = template.components.as_ref().and_then(body);
    let names: Vec<&str> = body.map_or_else(|| vec!["1", "2"], places);
    let mut missing = Vec::new();
    let mut parameters = Vec::new();
    for name in names {
        let number = name.parse::<usize>().ok();
        let value = match number {
            Some(number) => wanted.numbered(number).or_else(|| wanted.values.get(name)),
            None => wanted.named(name),
        };
        match value {
            Some(text) => parameters.push(Parameter {
                name: number.is_none().then(|| name.to_owned()),
                value: ParameterValue::Text { text: text.to_owned() },
            }),
            None => missing.push(name.to_owned()),
        }
    }
    if !missing.is_empty() {
        return Err(missing_variables(&missing));
    }
    Ok(Content::Template(Box::new(Template {
        name: wanted.notice.template().to_owned(),
        language: template.language.clone(),
        header: None,
        body: parameters,
        buttons: Vec::new(),
        cards: Vec::new(),
        offer_expires_at: None,
    })))
}

impl<'a> Wanted<'a> {
    /// The documents' templates: of an order its number and where it stands, of an appointment its time and device.
    fn numbered(&self, number: usize) -> Option<&'a str> {
        match (self.notice, number) {
            (Notice::Order(_), 1) => self.values.get("order"),
            (Notice::Order(_), 2) => Some(self.words),
            (Notice::Appointment, 1) => self.values.get("date"),
            (Notice::Appointment, 2) => self.values.get("device"),
            _ => None,
        }
    }

    fn named(&self, name: &str) -> Option<&'a str> {
        match (name, self.notice) {
            ("status" | "status_text", Notice::Order(_)) => Some(self.words),
            ("order_number" | "order_id" | "reference", _) => {
                self.values.get(name).or_else(|| self.values.get("order"))
            }
            _ => self.values.get(name),
        }
    }
}

fn body(components: &Value) -> Option<&str> {
    component(components, "BODY")?.get("text")?.as_str()
}

fn component<'a>(components: &'a Value, kind: &str) -> Option<&'a Value> {
    let is_kind =
        |one: &&Value| one.get("type").and_then(Value::as_str).is_some_and(|one| one.eq_ignore_ascii_case(kind));
    components.as_array()?.iter().find(is_kind)
}

/// Whether nothing but the words has places: no header that is a file or holds one, no button whose address does.
fn fills_words_alone(components: &Value) -> bool {
    let header = component(components, "HEADER").is_none_or(|header| {
        let text = header.get("text").and_then(Value::as_str);
        text.is_some_and(|text| places(text).is_empty())
    });
    let buttons = component(components, "BUTTONS").and_then(|buttons| buttons.get("buttons")?.as_array());
    let plain = |button: &Value| {
        let url = button.get("url").and_then(Value::as_str).unwrap_or_default();
        places(url).is_empty() && button.get("type").and_then(Value::as_str) != Some("COPY_CODE")
    };
    header && buttons.is_none_or(|buttons| buttons.iter().all(plain))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn approved(language: &str, components: Option<Value>) -> Approved {
        Approved { language: language.to_owned(), components }
    }

    #[test]
    fn the_customers_own_locale_goes_before_its_language() {
        let all = [approved("en", None), approved("en_US", None), approved("vi", None)];
        let chosen = |language, locale| choose(&all, language, locale).map(|one| one.language.as_str());
        assert_eq!(chosen(Language::En, Some("en-US")), Some("en_US"));
        assert_eq!(chosen(Language::En, Some("en_GB")), Some("en"));
        assert_eq!(chosen(Language::Vi, None), Some("vi"));
        assert_eq!(chosen(Language::Zh, None), None);
    }

    #[test]
    fn a_template_that_wants_a_picture_or_an_address_is_none() {
        let picture = json!([{ "type": "HEADER", "format": "IMAGE" }, { "type": "BODY", "text": "{{1}}" }]);
        let address = json!([{ "type": "BODY", "text": "a" },
                             { "type": "BUTTONS", "buttons": [{ "type": "URL", "url": "https://a.example/{{1}}" }] }]);
        let plain = json!([{ "type": "HEADER", "format": "TEXT", "text": "News" }, { "type": "BODY", "text": "{{1}}" },
                           { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "ok" }] }]);
        assert!(!fills_words_alone(&picture) && !fills_words_alone(&address) && fills_words_alone(&plain));
    }
}
