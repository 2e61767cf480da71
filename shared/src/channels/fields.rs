//! The fields that an object must have to be what it says it is.
//!
//! A platform's message of a known type that does not read as that type is kept whole, beside the
//! reason: which field it was, and what was wrong with it.

use std::fmt;

use serde_json::{Number, Value};

/// Longer lists than any platform writes into one message are not read: a body of 3 MB can hold a
/// million empty objects, and each would become a part or a card of its own.
const LONGEST: usize = 1_000;

/// A field that is not what its object's type says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    field: String,
    problem: &'static str,
}

impl Misfit {
    /// `problem` goes on from the field: "is missing".
    pub(super) fn new(field: &str, problem: &'static str) -> Self {
        Self { field: field.to_owned(), problem }
    }

    /// The same field, seen from where its object lies under `key`.
    pub(super) fn within(self, key: &str) -> Self {
        let dot = if self.field.starts_with('[') { "" } else { "." };
        Self { field: format!("{key}{dot}{}", self.field), ..self }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.problem)
    }
}

/// What `read` makes of the object under `key`.
pub(super) fn inside<'a, T>(
    of: &'a Value,
    key: &str,
    read: impl FnOnce(&'a Value) -> Result<T, Misfit>,
) -> Result<T, Misfit> {
    let object = present(of, key)?;
    if !object.is_object() {
        return Err(Misfit::new(key, "is no object"));
    }
    read(object).map_err(|misfit| misfit.within(key))
}

/// What `read` makes of every object of the list under `key`; of nothing where there is none.
pub(super) fn each<'a, T>(
    of: &'a Value,
    key: &str,
    read: impl Fn(&'a Value) -> Result<T, Misfit>,
) -> Result<Vec<T>, Misfit> {
    let list = list(of, key)?;
    let read_at = |(place, object): (usize, &'a Value)| {
        let read = if object.is_object() { read(object) } else { Err(Misfit::new("", "is no object")) };
        read.map_err(|misfit| {
            let place = format!("[{place}]");
            let whole = misfit.field.is_empty();
            if whole { Misfit::new(&place, misfit.problem) } else { misfit.within(&place) }
        })
    };
    list.iter().enumerate().map(read_at).collect::<Result<_, _>>().map_err(|misfit: Misfit| misfit.within(key))
}

/// The list under `key`; empty where there is none.
pub(super) fn list<'a>(of: &'a Value, key: &str) -> Result<&'a [Value], Misfit> {
    let Ok(list) = present(of, key) else {
        return Ok(&[]);
    };
    match list.as_array() {
        Some(list) if list.len() <= LONGEST => Ok(list),
        Some(_) => Err(Misfit::new(key, "is longer than 1,000")),
        None => Err(Misfit::new(key, "is no list")),
    }
}

/// The words under `key`.
pub(super) fn text<'a>(of: &'a Value, key: &str) -> Result<&'a str, Misfit> {
    let text = present(of, key)?.as_str().ok_or_else(|| Misfit::new(key, "is no text"))?;
    if text.trim().is_empty() { Err(Misfit::new(key, "is empty")) } else { Ok(text) }
}

/// The words under `key`, or the digits of a number; `None` where there are none.
pub(super) fn optional(of: &Value, key: &str) -> Result<Option<String>, Misfit> {
    match of.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Misfit::new(key, "is no text")),
    }
}

/// The identifier under `key`.
pub(super) fn id(of: &Value, key: &str) -> Result<String, Misfit> {
    super::read::as_id(present(of, key)?).ok_or_else(|| Misfit::new(key, "is no identifier"))
}

/// The number under `key`, which some write as a text.
pub(super) fn figure(of: &Value, key: &str) -> Result<Number, Misfit> {
    let number = match present(of, key)? {
        Value::Number(number) => Some(number.clone()),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| Misfit::new(key, "is no number"))
}

/// The degrees under `key`.
pub(super) fn degrees(of: &Value, key: &str) -> Result<f64, Misfit> {
    as_degrees(present(of, key)?).ok_or_else(|| Misfit::new(key, "is no number"))
}

/// The degrees that `value` is: finite, or they could not be stored.
pub(super) fn as_degrees(value: &Value) -> Option<f64> {
    let degrees = match value {
        Value::String(digits) => digits.trim().parse().ok()?,
        number => number.as_f64()?,
    };
    degrees.is_finite().then_some(degrees)
}

/// Whether `key` says yes.
pub(super) fn flag(of: &Value, key: &str) -> bool {
    of.get(key) == Some(&Value::Bool(true))
}

fn present<'a>(of: &'a Value, key: &str) -> Result<&'a Value, Misfit> {
    of.get(key).filter(|value| !value.is_null()).ok_or_else(|| Misfit::new(key, "is missing"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said<T: fmt::Debug>(read: Result<T, Misfit>) -> String {
        read.unwrap_err().to_string()
    }

    #[test]
    fn a_misfit_names_the_field_by_its_whole_way() {
        let order = json!({"order": {"items": [{"price": 1}, {"price": "cheap"}, 7], "other": {}}});
        let price = |item| figure(item, "price");
        assert_eq!(
            said(inside(&order, "order", |order| each(order, "items", price))),
            "`order.items[1].price` is no number"
        );
        let any = |_: &Value| Ok(());
        assert_eq!(said(inside(&order, "order", |order| each(order, "items", any))), "`order.items[2]` is no object");
        assert_eq!(said(inside(&order, "order", |order| each(order, "other", any))), "`order.other` is no list");
        assert_eq!(said(inside(&order, "basket", any)), "`basket` is missing");
        assert_eq!(each(&order, "items", any), Ok(Vec::new()));
        let long = json!({"items": vec![json!({}); 1_001]});
        assert_eq!(said(each(&long, "items", any)), "`items` is longer than 1,000");
    }

    #[test]
    fn words_are_words() {
        let value = json!({"words": "a", "blank": " ", "number": 5, "null": null, "list": []});
        assert_eq!(text(&value, "words"), Ok("a"));
        assert_eq!(said(text(&value, "blank")), "`blank` is empty");
        assert_eq!(said(text(&value, "number")), "`number` is no text");
        assert_eq!(said(text(&value, "null")), "`null` is missing");
        assert_eq!(optional(&value, "number"), Ok(Some("5".to_owned())));
        assert_eq!(optional(&value, "blank"), Ok(None));
        assert_eq!(said(optional(&value, "list")), "`list` is no text");
    }

    #[test]
    fn figures_and_degrees_may_be_texts_but_must_be_numbers() {
        let value = json!({"number": 1.5, "text": " 1.5 ", "infinite": "inf", "odd": "NaN"});
        assert_eq!(figure(&value, "number"), figure(&value, "text"));
        assert_eq!(degrees(&value, "number"), Ok(1.5));
        assert_eq!(degrees(&value, "text"), Ok(1.5));
        for key in ["infinite", "odd"] {
            assert!(figure(&value, key).is_err() && degrees(&value, key).is_err(), "{key}");
        }
    }
}
