//! What may be said of a contact; everything that is wrong is told at once.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::error::{ApiError, FieldProblem};

const LONGEST_NAME: usize = 200;
const LONGEST_EMAIL: usize = 254;
const LONGEST_TAG: usize = 64;
const MOST_TAGS: usize = 100;
const LONGEST_ATTRIBUTE_NAME: usize = 64;
const MOST_ATTRIBUTES: usize = 200;
/// Of one attribute, as JSON.
const LARGEST_ATTRIBUTE: usize = 4096;

/// A field that is absent, null, or there.
pub(super) type Given<T> = Option<Option<T>>;

/// Reads a field whose null means something.
pub(super) fn given<'de, D, T>(deserializer: D) -> Result<Given<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Check(Vec<FieldProblem>);

impl Check {
    pub(super) fn problem(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldProblem::new(field, message));
    }

    pub(super) fn name(&mut self, field: &str, name: Option<&String>) {
        let is_wrong = |name: &String| name.is_empty() || name.chars().count() > LONGEST_NAME || has_control(name);
        if name.is_some_and(is_wrong) {
            self.problem(field, format!("must hold 1 to {LONGEST_NAME} characters, no control characters"));
        }
    }

    pub(super) fn email(&mut self, field: &str, email: Option<&String>) {
        let is_email = |email: &String| {
            let parts = email.rsplit_once('@');
            email.len() <= LONGEST_EMAIL
                && !email.chars().any(|c| c.is_whitespace() || c.is_control())
                && parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        };
        if email.is_some_and(|email| !is_email(email)) {
            self.problem(field, "must be an e-mail address");
        }
    }

    pub(super) fn locale(&mut self, field: &str, locale: Option<&String>) {
        let is_locale = |locale: &String| {
            let mut parts = locale.split(['-', '_']);
            let language = parts.next().unwrap_or_default();
            let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
            locale.len() <= 35
                && (2..=3).contains(&language.len())
                && language.bytes().all(|byte| byte.is_ascii_alphabetic())
                && parts.all(is_part)
        };
        if locale.is_some_and(|locale| !is_locale(locale)) {
            self.problem(field, "must be a language such as `vi` or `pt-BR`");
        }
    }

    pub(super) fn timezone(&mut self, field: &str, timezone: Option<&String>) {
        let is_part = |part: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
            !part.is_empty() && part.bytes().all(is_plain)
        };
        if timezone.is_some_and(|zone| zone.len() > 64 || !zone.split('/').all(is_part)) {
            self.problem(field, "must be a time zone such as `Asia/Ho_Chi_Minh`");
        }
    }

    /// The tags without spaces around them, each once.
    pub(super) fn tags(&mut self, field: &str, given: &[String]) -> Vec<String> {
        let mut tags: Vec<String> = Vec::with_capacity(given.len());
        for (place, tag) in given.iter().enumerate() {
            let tag = tag.trim();
            if tag.is_empty() || tag.chars().count() > LONGEST_TAG || tag.contains(',') || has_control(tag) {
                let message = format!("must hold 1 to {LONGEST_TAG} characters, no comma and no control characters");
                self.problem(&format!("{field}[{place}]"), message);
            } else if !tags.iter().any(|known| known == tag) {
                tags.push(tag.to_owned());
            }
        }
        self.most_tags(field, &tags);
        tags
    }

    pub(super) fn most_tags(&mut self, field: &str, tags: &[String]) {
        if tags.len() > MOST_TAGS {
            self.problem(field, format!("a contact has at most {MOST_TAGS} tags"));
        }
    }

    pub(super) fn attributes(&mut self, field: &str, attributes: &Map<String, Value>) {
        for (name, value) in attributes {
            let is_name = (1..=LONGEST_ATTRIBUTE_NAME).contains(&name.chars().count()) && !has_control(name);
            let at = format!("{field}.{name}");
            if !is_name {
                self.problem(&at, format!("a name holds 1 to {LONGEST_ATTRIBUTE_NAME} characters"));
            }
            if value.to_string().len() > LARGEST_ATTRIBUTE {
                self.problem(&at, format!("is longer than {LARGEST_ATTRIBUTE} bytes as JSON"));
            }
        }
    }

    pub(super) fn most_attributes(&mut self, field: &str, attributes: &Value) {
        if attributes.as_object().is_some_and(|attributes| attributes.len() > MOST_ATTRIBUTES) {
            self.problem(field, format!("a contact has at most {MOST_ATTRIBUTES} attributes"));
        }
    }

    pub(super) fn finish(self) -> Result<(), ApiError> {
        ApiError::unless_none(self.0)
    }
}

/// Puts `changes` into `attributes`; null takes one away.
pub(super) fn merge(attributes: &mut Value, changes: &Map<String, Value>) {
    if !attributes.is_object() {
        *attributes = Value::Object(Map::new());
    }
    let Some(attributes) = attributes.as_object_mut() else {
        return;
    };
    for (name, value) in changes {
        if value.is_null() {
            attributes.remove(name);
        } else {
            attributes.insert(name.clone(), value.clone());
        }
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_are_merged_and_null_takes_away() {
        let mut attributes = json!({ "tier": "gold", "visits": 2 });
        let changes = json!({ "tier": null, "visits": 3, "notes": "x" });
        merge(&mut attributes, changes.as_object().unwrap());
        assert_eq!(attributes, json!({ "visits": 3, "notes": "x" }));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut check = Check::default();
        check.email("email", Some(&"nobody".to_owned()));
        check.locale("locale", Some(&"vietnamese".to_owned()));
        check.timezone("timezone", Some(&"Asia//Hanoi".to_owned()));
        check.tags("tags", &["ok".to_owned(), "a,b".to_owned()]);
        check.attributes("attributes", json!({ "": 1 }).as_object().unwrap());
        let Err(ApiError::Invalid(problems)) = check.finish() else { panic!("it was taken") };
        let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["email", "locale", "timezone", "tags[1]", "attributes."]);
    }

    #[test]
    fn ordinary_values_pass() {
        let mut check = Check::default();
        check.email("email", Some(&"an@example.com".to_owned()));
        check.locale("locale", Some(&"zh-Hant-TW".to_owned()));
        check.timezone("timezone", Some(&"Asia/Ho_Chi_Minh".to_owned()));
        assert_eq!(check.tags("tags", &["Khách hàng".to_owned(), " VIP ".to_owned(), "VIP".to_owned()]).len(), 2);
        assert!(check.finish().is_ok());
    }
}
