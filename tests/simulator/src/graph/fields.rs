//! Reading the fields of a request, with Meta's complaints about what is wrong with them.

use serde_json::{Map, Value};

use super::error;
use crate::taking::Refusal;

/// An object of a request.
pub(crate) struct Fields<'a> {
    /// What the object is called in complaints; empty for the body itself.
    name: &'static str,
    object: &'a Map<String, Value>,
    whatsapp: bool,
}

impl<'a> Fields<'a> {
    /// The body of a request, which must be an object.
    pub(crate) fn of_body(body: Option<&'a Value>, whatsapp: bool) -> Result<Self, Refusal> {
        let object =
            body.and_then(Value::as_object).ok_or_else(|| error::invalid("the body is not a JSON object", whatsapp))?;
        Ok(Self { name: "", object, whatsapp })
    }

    /// Refuses fields that are not among `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let unknown = self.object.keys().find(|key| !known.contains(&key.as_str()));
        unknown.map_or(Ok(()), |key| Err(self.unexpected(key)))
    }

    /// The object under `name`.
    pub(crate) fn object(&self, name: &'static str) -> Result<Option<Fields<'a>>, Refusal> {
        match self.object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Fields { name, object, whatsapp: self.whatsapp })),
            Some(_) => Err(self.invalid(name, "must be an object")),
        }
    }

    /// The object under `name`, which must be there.
    pub(crate) fn required_object(&self, name: &'static str) -> Result<Fields<'a>, Refusal> {
        self.object(name)?.ok_or_else(|| self.missing(name))
    }

    /// The text under `name`.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(name, "must be a string")),
        }
    }

    /// The text under `name`, which must be there and hold something.
    pub(crate) fn required_text(&self, name: &str) -> Result<&'a str, Refusal> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| self.missing(name))
    }

    /// The text under `name`, of at most `limit` characters.
    pub(crate) fn short_text(&self, name: &str, limit: usize) -> Result<Option<&'a str>, Refusal> {
        let text = self.text(name)?;
        if text.is_some_and(|text| text.chars().count() > limit) {
            let problem = format!("must be at most {limit} characters long.");
            return Err(self.invalid(name, &problem));
        }
        Ok(text)
    }

    /// The value under `name`, which must be true or false.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.object.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.invalid(name, "must be a boolean")),
        }
    }

    /// Whether there is anything under `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Complains of what is under `name`.
    pub(crate) fn invalid(&self, name: &str, problem: &str) -> Refusal {
        error::invalid(&format!("Param {} {problem}", self.path(name)), self.whatsapp)
    }

    fn missing(&self, name: &str) -> Refusal {
        if self.whatsapp && !self.name.is_empty() {
            let details = format!("Parameter {}.{name} is missing", self.name);
            return error::with_details(131_008, &details);
        }
        error::invalid(&format!("The parameter {} is required.", self.path(name)), self.whatsapp)
    }

    fn unexpected(&self, key: &str) -> Refusal {
        let of = match self.name {
            "" => String::new(),
            name => format!(" on param \"{name}\""),
        };
        error::invalid(&format!("Unexpected key \"{key}\"{of}."), self.whatsapp)
    }

    fn path(&self, name: &str) -> String {
        match self.name {
            "" => name.to_owned(),
            object => format!("{object}['{name}']"),
        }
    }
}
