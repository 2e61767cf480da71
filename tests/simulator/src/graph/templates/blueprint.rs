//! The components of a template, checked before it is looked at.

use std::collections::HashSet;

use serde_json::Value;

use super::buttons;
use super::problem::{AT_THE_EDGE, BODY, FOOTER, HEADER, INCOMPLETE, TOO_LONG, plain, problem};
use crate::taking::Refusal;
use crate::templates::{Category, Piece, Words, pieces};

/// Templates API: characters of the parts.
const MAX_HEADER: usize = 60;
const MAX_BODY: usize = 1024;
const MAX_CARD_BODY: usize = 160;
const MAX_FOOTER: usize = 60;
/// Templates API: cards of a carousel.
const MIN_CARDS: usize = 2;
const MAX_CARDS: usize = 10;

/// Components, and what decides which are right.
pub(super) struct Blueprint<'a> {
    pub(super) category: Category,
    /// Whether places have names.
    pub(super) is_named: bool,
    pub(super) components: &'a [Value],
}

impl Blueprint<'_> {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let mut seen = HashSet::new();
        for component in self.components {
            let kind = word(component, "type");
            if !seen.insert(kind.clone()) {
                return Err(plain(&format!("There can be only one component of type {kind}")));
            }
            match kind.as_str() {
                "header" => self.header(component)?,
                "body" => self.body(component, MAX_BODY)?,
                "footer" => footer(component)?,
                "buttons" => buttons::check(items(component, "buttons"))?,
                "carousel" => self.carousel(items(component, "cards"))?,
                "limited_time_offer" => {}
                other => return Err(plain(&format!("Param components: {other} is not a type"))),
            }
        }
        if !seen.contains("body") {
            return Err(problem(INCOMPLETE, "A template needs a component of type BODY"));
        }
        Ok(())
    }

    fn header(&self, header: &Value) -> Result<(), Refusal> {
        let format = word(header, "format");
        match format.as_str() {
            "text" => {
                let text = required(header, "text")?;
                let words = self.words(text, HEADER)?;
                if words.variables.len() > 1 || text.contains('\n') {
                    return Err(problem(HEADER, "The header can have one variable and no line breaks"));
                }
                short(text, MAX_HEADER, "header")?;
                exemplified(header, &words, "header_text")
            }
            "image" | "video" | "document" => {
                let has_example = !items(&header["example"], "header_handle").is_empty();
                has_example.then_some(()).ok_or_else(|| problem(INCOMPLETE, "The header needs example.header_handle"))
            }
            "location" | "product" => Ok(()),
            other => Err(plain(&format!("Param format: {other} is not a format of headers"))),
        }
    }

    fn body(&self, body: &Value, limit: usize) -> Result<(), Refusal> {
        // The words of an authentication template are the platform's own.
        if self.category == Category::Authentication && body.get("text").is_none() {
            return Ok(());
        }
        let text = required(body, "text")?;
        short(text, limit, "body")?;
        let words = self.words(text, BODY)?;
        let pieces = pieces(text.trim());
        if matches!(pieces.first(), Some(Piece::Place(_))) || matches!(pieces.last(), Some(Piece::Place(_))) {
            return Err(problem(AT_THE_EDGE, "Variables can't be at the start or end of the template"));
        }
        let apart = |pair: &[Piece<'_>]| !matches!(pair, [Piece::Place(_), Piece::Place(_)]);
        if !pieces.windows(2).all(apart) {
            return Err(problem(BODY, "Variables can't stand next to each other"));
        }
        exemplified(body, &words, "body_text")
    }

    /// The places of `text`, which must be named or numbered as the template's are.
    fn words(&self, text: &str, subcode: i64) -> Result<Words, Refusal> {
        let words = Words::parse(text);
        let fits = |(place, name): (usize, &String)| {
            if self.is_named { is_name(name) } else { *name == (place + 1).to_string() }
        };
        if !words.variables.iter().enumerate().all(fits) {
            let rule = if self.is_named { "names in lower case" } else { "{{1}}, {{2}} and so on" };
            return Err(problem(subcode, &format!("Variables must be {rule}")));
        }
        Ok(words)
    }

    fn carousel(&self, cards: &[Value]) -> Result<(), Refusal> {
        if !(MIN_CARDS..=MAX_CARDS).contains(&cards.len()) {
            return Err(plain(&format!("A carousel has {MIN_CARDS} to {MAX_CARDS} cards")));
        }
        for card in cards {
            for component in items(card, "components") {
                match word(component, "type").as_str() {
                    "header" => self.header(component)?,
                    "body" => self.body(component, MAX_CARD_BODY)?,
                    "buttons" => buttons::check(items(component, "buttons"))?,
                    other => return Err(plain(&format!("Param cards: {other} is not a part of a card"))),
                }
            }
        }
        Ok(())
    }
}

fn footer(footer: &Value) -> Result<(), Refusal> {
    // That of an authentication template holds minutes instead of words.
    let Some(text) = footer["text"].as_str() else {
        return Ok(());
    };
    if !Words::parse(text).variables.is_empty() || text.contains('\n') {
        return Err(problem(FOOTER, "The footer can't have variables or line breaks"));
    }
    short(text, MAX_FOOTER, "footer")
}

/// Refuses words with places that no example fills.
fn exemplified(component: &Value, words: &Words, name: &str) -> Result<(), Refusal> {
    let example = &component["example"];
    let named = items(example, &format!("{name}_named_params")).len();
    let numbered = match items(example, name) {
        [Value::Array(first), ..] => first.len(),
        texts => texts.len(),
    };
    let is_complete = named.max(numbered) >= words.variables.len();
    is_complete.then_some(()).ok_or_else(|| problem(INCOMPLETE, &format!("Variables need examples: example.{name}")))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

pub(super) fn required<'a>(component: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    let text = component[name].as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| problem(INCOMPLETE, &format!("A component misses its field {name}")))
}

pub(super) fn short(text: &str, limit: usize, what: &str) -> Result<(), Refusal> {
    let length = text.chars().count();
    let fits = length <= limit;
    fits.then_some(()).ok_or_else(|| problem(TOO_LONG, &format!("The {what} has {length} characters. Max: {limit}")))
}

pub(super) fn word(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_ascii_lowercase()
}

pub(super) fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}
