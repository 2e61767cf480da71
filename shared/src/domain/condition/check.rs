//! What is wrong with a condition, and where.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::field::Kind;
use super::{Condition, Field, Operator, Pattern, value};

/// Most questions of one condition.
const QUESTIONS: usize = 100;
/// Longest text that is asked for.
const LONGEST: usize = 1000;
/// Most entries of a list.
const ENTRIES: usize = 1000;

/// Something wrong with a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, from the condition on: `all[1].not.value`; empty for the whole.
    pub at: String,
    /// What is wrong with it and what was expected.
    pub problem: String,
}

impl Condition {
    /// Everything that is wrong with it. `of_flows`: whether what only flows know may be asked for.
    pub fn check(&self, of_flows: bool) -> Vec<Fault> {
        let questions = self.questions();
        let mut faults = Vec::new();
        if questions.len() > QUESTIONS {
            faults.push(Fault {
                at: String::new(),
                problem: format!("asks {} questions, at most {QUESTIONS}", questions.len()),
            });
        }
        for (at, field, operator, value) in questions {
            let at = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
            match field.parse::<Field>() {
                Err(error) => faults.push(Fault { at: at("field"), problem: error.to_string() }),
                Ok(field) if field.is_of_flows() && !of_flows => {
                    faults.push(Fault { at: at("field"), problem: "is known in flows alone".to_owned() });
                }
                Ok(field) => {
                    if let Err(fault) = fits(&field, operator, value) {
                        faults.push(match fault {
                            Misfit::Operator(problem) => Fault { at: at("operator"), problem },
                            Misfit::Value(problem) => Fault { at: at("value"), problem },
                        });
                    }
                }
            }
        }
        faults
    }
}

enum Misfit {
    Operator(String),
    Value(String),
}

fn fits(field: &Field, operator: Operator, value: &Value) -> Result<(), Misfit> {
    let kind = field.kind();
    if !may_be_asked(kind, operator) {
        let asked: Vec<&str> =
            Operator::ALL.into_iter().filter(|operator| may_be_asked(kind, *operator)).map(Operator::as_str).collect();
        return Err(Misfit::Operator(format!("`{operator}` cannot be asked of this field, only {}", asked.join(", "))));
    }
    needed(kind, operator, value).map_err(|expected| Misfit::Value(format!("must be {expected}, is {}", quoted(value))))
}

const fn may_be_asked(kind: Kind, operator: Operator) -> bool {
    use Operator as O;
    match kind {
        Kind::Json => true,
        Kind::Text => !matches!(operator, O::Before | O::After),
        Kind::Tags => matches!(operator, O::Contains | O::NotContains | O::In | O::Exists),
        Kind::Truth => matches!(operator, O::Eq | O::Ne | O::Exists),
        Kind::Moment => matches!(operator, O::Before | O::After | O::Exists),
    }
}

fn needed(kind: Kind, operator: Operator, value: &Value) -> Result<(), String> {
    let expect = |fits: bool, expected: &str| if fits { Ok(()) } else { Err(expected.to_owned()) };
    match operator {
        Operator::Exists => expect(value.is_null() || value.is_boolean(), "true, false or left out"),
        Operator::Eq | Operator::Ne if kind == Kind::Truth => expect(value::truth(value).is_some(), "true or false"),
        Operator::Eq | Operator::Ne => expect(is_plain(value), "a text, a number or true or false"),
        Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte => {
            expect(value::number(value).is_some(), "a number")
        }
        Operator::Contains | Operator::NotContains | Operator::StartsWith => {
            expect(is_words(value), "a text of 1 to 1000 characters")
        }
        Operator::In => expect(
            value.as_array().is_some_and(|list| (1..=ENTRIES).contains(&list.len()) && list.iter().all(is_plain)),
            "a list of 1 to 1000 texts or numbers",
        ),
        // Whether it reads as a moment does not hang on what time it is.
        Operator::Before | Operator::After => expect(
            value::moment(value, DateTime::<Utc>::UNIX_EPOCH).is_some(),
            "a moment such as 2026-12-31T08:00:00Z, a day such as 2026-12-31, or now-30d",
        ),
        Operator::Matches => match value.as_str().map(Pattern::parse) {
            Some(Ok(_)) => Ok(()),
            Some(Err(problem)) => Err(format!("a pattern; this one {problem}")),
            None => Err("a pattern".to_owned()),
        },
    }
}

fn is_plain(value: &Value) -> bool {
    value.is_number() || value.is_boolean() || is_words(value)
}

fn is_words(value: &Value) -> bool {
    value.as_str().is_some_and(|text| (1..=LONGEST).contains(&text.chars().count()) && !text.contains('\0'))
}

/// The beginning of a value, as it was written.
fn quoted(value: &Value) -> String {
    const QUOTED: usize = 40;
    let written = value.to_string();
    let mut begin: String = written.chars().take(QUOTED).collect();
    if written.chars().nth(QUOTED).is_some() {
        begin.push('…');
    }
    begin
}
