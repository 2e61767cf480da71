//! Reading the fields of a request, with Meta's complaints about what is wrong with them.

use serde_json::{Map, Value};

use super::error;
use crate::taking::Refusal;

/// An object of a request.
pub(crate) struct Fields<'a> {
    /// Where the object stands, with points between: `interactive.action.buttons[0]`; empty for
    /// the body itself.
    name: String,
    object: &'a Map<String, Value>,
    whatsapp: bool,
}

impl<'a> Fields<'a> {
    /// The body of a request, which must be an object.
    pub(crate) fn of_body(body: Option<&'a Value>, whatsapp: bool) -> Result<Self, Refusal> {
        let object =
            body.and_then(Value::as_object).ok_or_else(|| error::invalid("the body is not a JSON object", whatsapp))?;
        Ok(Self { name: String::new(), object, whatsapp })
    }

    /// Refuses fields that are not among `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let unknown = self.object.keys().find(|key| !known.contains(&key.as_str()));
        unknown.map_or(Ok(()), |key| Err(self.unexpected(key)))
    }

    /// The object under `name`.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, Refusal> {
        match self.object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(object)) => Ok(Some(self.inner(self.dotted(name), object))),
            Some(_) => Err(self.invalid(name, "must be an object")),
        }
    }

    /// The object under `name`, which must be there.
    pub(crate) fn required_object(&self, name: &str) -> Result<Fields<'a>, Refusal> {
        self.object(name)?.ok_or_else(|| self.missing(name))
    }

    /// The objects in the list under `name`; none where there is no list.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Fields<'a>>, Refusal> {
        let items = match self.object.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.invalid(name, "must be an array")),
        };
        let place = |index| format!("{}[{index}]", self.dotted(name));
        let item = |(index, item): (usize, &'a Value)| match item {
            Value::Object(object) => Ok(self.inner(place(index), object)),
            _ => Err(self.invalid(&format!("{name}[{index}]"), "must be an object")),
        };
        items.iter().enumerate().map(item).collect()
    }

    /// The objects in the list under `name`, which must be so many.
    pub(crate) fn objects_within(&self, name: &str, least: usize, most: usize) -> Result<Vec<Fields<'a>>, Refusal> {
        if !self.has(name) {
            return Err(self.missing(name));
        }
        let objects = self.objects(name)?;
        if (least..=most).contains(&objects.len()) {
            return Ok(objects);
        }
        Err(self.wrong(name, &format!("must hold {least} to {most} items, but holds {}", objects.len())))
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

    /// The text under `name`, of at most `limit` characters; error 100 where it is longer.
    pub(crate) fn short_text(&self, name: &str, limit: usize) -> Result<Option<&'a str>, Refusal> {
        let text = self.text(name)?;
        if text.is_some_and(|text| text.chars().count() > limit) {
            let problem = format!("must be at most {limit} characters long.");
            return Err(self.invalid(name, &problem));
        }
        Ok(text)
    }

    /// The text under `name`, of 1 to `limit` characters where it is there; else error 131009.
    pub(crate) fn limited_text(&self, name: &str, limit: usize) -> Result<Option<&'a str>, Refusal> {
        let text = self.text(name)?;
        match text.map(|text| text.chars().count()) {
            Some(length) if !(1..=limit).contains(&length) => {
                Err(self.wrong(name, &format!("is {length} characters long. Min length: 1, Max length: {limit}")))
            }
            _ => Ok(text),
        }
    }

    /// The text under `name`, of 1 to `limit` characters, which must be there.
    pub(crate) fn required_limited_text(&self, name: &str, limit: usize) -> Result<&'a str, Refusal> {
        self.limited_text(name, limit)?.ok_or_else(|| self.missing(name))
    }

    /// The web address under `name`, which must be there.
    pub(crate) fn required_url(&self, name: &str) -> Result<&'a str, Refusal> {
        let text = self.required_text(name)?;
        let is_web = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        is_web.then_some(text).ok_or_else(|| self.wrong(name, "is not a valid URI."))
    }

    /// The word under `name` in lower case, which must be one of `words`; Meta minds no case.
    pub(crate) fn word(&self, name: &str, words: &[&'static str]) -> Result<&'static str, Refusal> {
        let word = self.required_text(name)?.to_ascii_lowercase();
        let known = words.iter().find(|known| **known == word);
        known.copied().ok_or_else(|| self.wrong(name, &format!("must be one of {{{}}}", words.join(", "))))
    }

    /// The number under `name`; Meta takes digits in a string too.
    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, Refusal> {
        let number = match self.object.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(digits)) => digits.parse().ok(),
            Some(value) => value.as_f64(),
        };
        number.map(Some).ok_or_else(|| self.invalid(name, "must be a number"))
    }

    /// The whole number under `name`, which must be there.
    pub(crate) fn required_index(&self, name: &str) -> Result<usize, Refusal> {
        let digits = match self.object.get(name) {
            None | Some(Value::Null) => return Err(self.missing(name)),
            Some(Value::String(digits)) => digits.clone(),
            Some(value) => value.to_string(),
        };
        digits.parse().map_err(|_| self.invalid(name, "must be a non-negative integer"))
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
        self.object.get(name).is_some_and(|value| !value.is_null())
    }

    /// Where `name` stands, as Meta writes it: `image['id']`.
    pub(crate) fn place(&self, name: &str) -> String {
        bracketed(&self.dotted(name))
    }

    /// Complains of what is under `name` with error 100.
    pub(crate) fn invalid(&self, name: &str, problem: &str) -> Refusal {
        error::invalid(&format!("Param {} {problem}", self.place(name)), self.whatsapp)
    }

    /// Complains of the value under `name` with error 131009.
    pub(crate) fn wrong(&self, name: &str, problem: &str) -> Refusal {
        error::with_details(131_009, &format!("Parameter {} {problem}", self.dotted(name)))
    }

    /// Complains that nothing is under `name`.
    pub(crate) fn missing(&self, name: &str) -> Refusal {
        if self.whatsapp && !self.name.is_empty() {
            return error::with_details(131_008, &format!("Parameter {} is missing", self.dotted(name)));
        }
        error::invalid(&format!("The parameter {} is required.", self.place(name)), self.whatsapp)
    }

    fn unexpected(&self, key: &str) -> Refusal {
        let of = match self.name.as_str() {
            "" => String::new(),
            name => format!(" on param \"{}\"", bracketed(name)),
        };
        error::invalid(&format!("Unexpected key \"{key}\"{of}."), self.whatsapp)
    }

    fn inner(&self, name: String, object: &'a Map<String, Value>) -> Fields<'a> {
        Fields { name, object, whatsapp: self.whatsapp }
    }

    fn dotted(&self, name: &str) -> String {
        match self.name.as_str() {
            "" => name.to_owned(),
            object => format!("{object}.{name}"),
        }
    }
}

/// `text.body` as Meta writes it in errors 100: `text['body']`.
fn bracketed(dotted: &str) -> String {
    let mut segments = dotted.split('.');
    let mut written = segments.next().unwrap_or_default().to_owned();
    for segment in segments {
        let (name, index) = segment.find('[').map_or((segment, ""), |at| segment.split_at(at));
        written.extend(["['", name, "']", index]);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_meta_does() {
        assert_eq!(bracketed("to"), "to");
        assert_eq!(bracketed("interactive.action.buttons[0].type"), "interactive['action']['buttons'][0]['type']");
    }
}
