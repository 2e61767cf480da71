//! Conditions in memory.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::fold::fold;
use super::{Condition, Field, Operator, Pattern, value};

/// Where facts are found.
pub trait Facts {
    /// What is known of a field.
    fn fact(&self, field: &Field) -> Fact<'_>;
    /// The moment of the question.
    fn now(&self) -> DateTime<Utc>;
    /// Whether a text matches a pattern; whoever asks often keeps patterns ready.
    fn matches(&self, pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).is_ok_and(|pattern| pattern.matches(text))
    }
}

/// What is known of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fact<'a> {
    /// Nothing.
    Missing,
    /// A text.
    Text(&'a str),
    /// Tags.
    Tags(&'a BTreeSet<String>),
    /// Anything that JSON can say.
    Json(&'a Value),
    /// Yes or no.
    Truth(bool),
    /// A moment.
    Moment(DateTime<Utc>),
}

impl<'a> Fact<'a> {
    /// What lies at the end of a way through objects.
    pub fn at(root: &'a serde_json::Map<String, Value>, way: &[String]) -> Self {
        let Some((first, rest)) = way.split_first() else {
            return Self::Missing;
        };
        let found = rest.iter().try_fold(root.get(first), |value, step| Some(value?.as_object()?.get(step)));
        found.flatten().map_or(Self::Missing, Self::Json)
    }

    /// Of what may not be there.
    pub fn of(text: Option<&'a str>) -> Self {
        text.map_or(Self::Missing, Self::Text)
    }

    /// As plain a fact as it is, with everything that counts as missing so.
    fn plain(self) -> Self {
        match self {
            Self::Json(Value::Null) | Self::Text("") => Self::Missing,
            Self::Json(Value::String(text)) => Self::Text(text).plain(),
            Self::Json(Value::Bool(truth)) => Self::Truth(*truth),
            Self::Json(Value::Array(list)) if list.is_empty() => Self::Missing,
            Self::Tags(tags) if tags.is_empty() => Self::Missing,
            fact => fact,
        }
    }
}

impl Condition {
    /// Whether it holds. What [`check`](Self::check) finds fault with does not.
    pub fn holds(&self, facts: &impl Facts) -> bool {
        match self {
            Self::All { all } => all.iter().all(|one| one.holds(facts)),
            Self::Any { any } => any.iter().any(|one| one.holds(facts)),
            Self::Not { not } => !not.holds(facts),
            Self::Is { field, operator, value } => {
                let Ok(field) = field.parse::<Field>() else {
                    return false;
                };
                is(&field, facts.fact(&field).plain(), *operator, value, facts)
            }
        }
    }
}

fn is(field: &Field, fact: Fact<'_>, operator: Operator, value: &Value, facts: &impl Facts) -> bool {
    match operator {
        Operator::Eq => equals(field, fact, value),
        Operator::Ne => !equals(field, fact, value),
        Operator::In => value.as_array().is_some_and(|list| list.iter().any(|one| is_one_of(field, fact, one))),
        Operator::Exists => (fact != Fact::Missing) == value.as_bool().unwrap_or(true),
        Operator::Gt => compared(fact, value).is_some_and(|(left, right)| left > right),
        Operator::Gte => compared(fact, value).is_some_and(|(left, right)| left >= right),
        Operator::Lt => compared(fact, value).is_some_and(|(left, right)| left < right),
        Operator::Lte => compared(fact, value).is_some_and(|(left, right)| left <= right),
        Operator::Contains => contains(fact, value),
        Operator::NotContains => !contains(fact, value),
        Operator::StartsWith => {
            words(fact, value).is_some_and(|(text, beginning)| fold(text).starts_with(&fold(beginning)))
        }
        Operator::Before => lies(fact, value, facts.now()).is_some_and(Ordering::is_lt),
        Operator::After => lies(fact, value, facts.now()).is_some_and(Ordering::is_gt),
        Operator::Matches => words(fact, value).is_some_and(|(text, pattern)| facts.matches(pattern, text)),
    }
}

/// A phone number may be given with its plus.
pub(super) fn given<'a>(field: &Field, text: &'a str) -> &'a str {
    if *field == Field::Phone { text.strip_prefix('+').unwrap_or(text) } else { text }
}

fn equals(field: &Field, fact: Fact<'_>, value: &Value) -> bool {
    match (fact, value) {
        (Fact::Text(text), Value::String(other)) => text == given(field, other),
        (Fact::Text(text), Value::Number(_)) => {
            value::number_of(text) == value::number(value) && value::number_of(text).is_some()
        }
        (Fact::Text(text), Value::Bool(truth)) => text == if *truth { "true" } else { "false" },
        (Fact::Json(Value::Number(number)), _) => number.as_f64() == value::number(value) && number.as_f64().is_some(),
        (Fact::Truth(truth), _) => value::truth(value) == Some(truth),
        _ => false,
    }
}

fn is_one_of(field: &Field, fact: Fact<'_>, value: &Value) -> bool {
    match fact {
        Fact::Tags(tags) => value.as_str().is_some_and(|tag| tags.contains(tag)),
        fact => equals(field, fact, value),
    }
}

fn contains(fact: Fact<'_>, value: &Value) -> bool {
    let Some(part) = value.as_str() else {
        return false;
    };
    match fact {
        Fact::Tags(tags) => tags.contains(part),
        Fact::Json(Value::Array(list)) => list.iter().any(|entry| entry.as_str() == Some(part)),
        Fact::Text(text) => fold(text).contains(&fold(part)),
        _ => false,
    }
}

fn words<'a>(fact: Fact<'a>, value: &'a Value) -> Option<(&'a str, &'a str)> {
    match fact {
        Fact::Text(text) => Some((text, value.as_str()?)),
        _ => None,
    }
}

fn compared(fact: Fact<'_>, value: &Value) -> Option<(f64, f64)> {
    let right = value::number(value)?;
    match fact {
        Fact::Text(text) => Some((value::number_of(text)?, right)),
        Fact::Json(Value::Number(number)) => Some((number.as_f64()?, right)),
        _ => None,
    }
}

fn lies(fact: Fact<'_>, value: &Value, now: DateTime<Utc>) -> Option<Ordering> {
    let moment = value::moment(value, now)?;
    match fact {
        Fact::Moment(at) => Some(at.cmp(&moment)),
        Fact::Text(text) => Some(value::written_in(text)?.cmp(&value::written(moment))),
        _ => None,
    }
}
