//! The filters and tests of texts: a closed list, each bounded in what it makes.

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, filters};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand behind `|`.
pub(super) const FILTERS: [&str; 16] = [
    "default",
    "d",
    "upper",
    "lower",
    "title",
    "capitalize",
    "trim",
    "replace",
    "length",
    "join",
    "first",
    "last",
    "round",
    "int",
    "float",
    "times",
];
/// What may stand behind `is`.
pub(super) const TESTS: [&str; 2] = ["defined", "undefined"];

/// What may not stand as it is in a part of an address.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Longest text that a filter makes.
const LONGEST: usize = 32 * 1024;

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("title", filters::title);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("replace", replace);
    environment.add_filter("length", filters::length);
    environment.add_filter("join", join);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("round", filters::round);
    environment.add_filter("int", filters::int);
    environment.add_filter("float", filters::float);
    environment.add_filter("times", times);
    environment.add_test("defined", |value: &Value| !is_missing(value));
    environment.add_test("undefined", |value: &Value| is_missing(value));
}

/// Writes a value, into an address as one part of it; what is missing or null is nothing to write.
pub(super) fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_none() {
        return Err(Error::new(ErrorKind::UndefinedError, "a value that a text asks for is null"));
    }
    if *state.auto_escape() == AutoEscape::None {
        return minijinja::escape_formatter(out, state, value);
    }
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "a value that an address asks for is not known"));
    }
    let part = value.to_string();
    if part.chars().all(|c| c == '.') {
        return Err(Error::new(ErrorKind::InvalidOperation, "a part of an address cannot be empty or dots"));
    }
    Ok(write!(out, "{}", utf8_percent_encode(&part, PART))?)
}

/// Writes a value, and one letter for one that is missing.
pub(super) fn format_least(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if is_missing(value) || value.as_str() == Some("") {
        return Ok(out.write_str("x")?);
    }
    format(out, state, value)
}

fn is_missing(value: &Value) -> bool {
    value.is_undefined() || value.is_none()
}

/// What stands for a value that is missing, null or an empty text.
fn default(value: &Value, other: Option<Value>) -> Value {
    if is_missing(value) || value.as_str() == Some("") {
        return other.unwrap_or_else(|| Value::from(""));
    }
    value.clone()
}

fn replace(text: &str, from: &str, to: &str) -> Result<String, Error> {
    let times = text.matches(from).count();
    bounded(text.len() + times * to.len())?;
    Ok(text.replace(from, to))
}

fn join(list: &Value, between: Option<&str>) -> Result<String, Error> {
    let mut joined = String::new();
    for entry in list.try_iter()? {
        if !joined.is_empty() {
            joined.push_str(between.unwrap_or(", "));
        }
        joined.push_str(&entry.to_string());
        bounded(joined.len())?;
    }
    Ok(joined)
}

/// A product: `*` would repeat texts as well.
fn times(value: &Value, by: &Value) -> Result<Value, Error> {
    let number = |value: &Value| {
        if value.is_number() { f64::try_from(value.clone()).ok() } else { value.as_str()?.trim().parse().ok() }
    };
    let product = number(value).zip(number(by)).map(|(left, right): (f64, f64)| left * right);
    let product = product.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "`times` needs two numbers"))?;
    // Whole up to where every whole number has a float of its own.
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
    Ok(if product.fract() == 0.0 && product.abs() < 9e15 { Value::from(product as i64) } else { Value::from(product) })
}

fn bounded(length: usize) -> Result<(), Error> {
    if length <= LONGEST {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidOperation, "a filter makes a text that is too long"))
}
