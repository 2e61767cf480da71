//! What may be asked of a contact and of what a flow has learnt: one type for flows and for segments, one meaning in
//! memory and in SQL.
//!
//! - A fact is missing where it is absent, null, an empty text or an empty list. Of a missing fact every question is
//!   answered with no, but `ne`, `not_contains` and `exists: false`, each of which says no more than that the
//!   question it turns around is answered with no.
//! - There is no third answer: what cannot be compared is not equal, not greater and not less.
//! - A number is compared with a number, and with a text that reads as one. Two texts are compared as texts, letter by
//!   letter: `007` is not `7`.
//! - `contains` and `starts_with` see neither case nor accents; of a list `contains` asks for one of its entries as it
//!   is written.
//! - `before` and `after` compare moments; a text counts where it is a day or a moment in UTC, to the second.

mod check;
mod evaluate;
mod field;
mod fold;
mod pattern;
mod read;
mod sql;
mod value;

pub use check::Fault;
pub use evaluate::{Fact, Facts};
pub use field::Field;
pub use pattern::Pattern;
pub use sql::{Parameter, Sql};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A condition: `{"field": "attributes.tier", "operator": "eq", "value": "gold"}`, or a group of them:
/// `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Condition {
    /// All of them hold; an empty group holds.
    All {
        /// The conditions.
        all: Vec<Condition>,
    },
    /// One of them holds; an empty group does not.
    Any {
        /// The conditions.
        any: Vec<Condition>,
    },
    /// It does not hold.
    Not {
        /// The condition.
        not: Box<Condition>,
    },
    /// A question.
    Is {
        /// What is asked about: `tags`, `attributes.tier`, `consent.marketing`, `name`, `locale`, `lastInteractionAt`
        /// ...; in flows also `variables.x` and `message.text`.
        field: String,
        /// How.
        operator: Operator,
        /// Against what.
        #[serde(default)]
        value: Value,
    },
}

/// How a field is held against a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum Operator {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    Contains,
    NotContains,
    StartsWith,
    In,
    Exists,
    Before,
    After,
    Matches,
}

crate::domain::named::named!(Operator, "operator", {
    Eq => "eq",
    Ne => "ne",
    Gt => "gt",
    Gte => "gte",
    Lt => "lt",
    Lte => "lte",
    Contains => "contains",
    NotContains => "not_contains",
    StartsWith => "starts_with",
    In => "in",
    Exists => "exists",
    Before => "before",
    After => "after",
    Matches => "matches",
});

impl Condition {
    /// Every question in it, each with its place: `all[1].not`.
    pub fn questions(&self) -> Vec<(String, &str, Operator, &Value)> {
        let mut questions = Vec::new();
        self.gather("", &mut questions);
        questions
    }

    fn gather<'a>(&'a self, at: &str, questions: &mut Vec<(String, &'a str, Operator, &'a Value)>) {
        let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        match self {
            Self::All { all } => {
                all.iter().enumerate().for_each(|(index, one)| one.gather(&below(&format!("all[{index}]")), questions));
            }
            Self::Any { any } => {
                any.iter().enumerate().for_each(|(index, one)| one.gather(&below(&format!("any[{index}]")), questions));
            }
            Self::Not { not } => not.gather(&below("not"), questions),
            Self::Is { field, operator, value } => questions.push((at.to_owned(), field, *operator, value)),
        }
    }
}

#[cfg(test)]
mod tests;
