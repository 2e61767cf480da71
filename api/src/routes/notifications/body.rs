//! What every notification is told of.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::domain::ids::AccountId;
use shared::domain::notification::Language;
use uuid::Uuid;

use crate::error::{ApiError, FieldProblem};

const LONGEST_REFERENCE: usize = 128;
/// As long as a template's parameter may sensibly be.
const LONGEST_VALUE: usize = 500;
const MOST_VARIABLES: usize = 20;

/// The parts of a request that all notifications have.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Whom: a phone number, another address of the channel, or a contact's id.
    pub(super) to: String,
    /// The order.
    pub(super) reference: Option<String>,
    pub(super) language: Option<Language>,
    pub(super) account_id: Option<AccountId>,
    pub(super) shop_id: Option<String>,
    pub(super) technician: Option<String>,
    /// What fills places of texts and templates beyond those that every notification fills.
    pub(super) variables: BTreeMap<String, String>,
}

/// Collects what is wrong, so that it is told at once.
#[derive(Default)]
pub(super) struct Check(pub(super) Vec<FieldProblem>);

impl Check {
    /// A text of one line that must be there.
    pub(super) fn needed(&mut self, field: &str, text: Option<String>, longest: usize) -> String {
        let Some(text) = text else {
            self.problem(field, "is required");
            return String::new();
        };
        self.line(field, &text, longest);
        text
    }

    pub(super) fn reference(&mut self, text: Option<&String>) {
        if let Some(text) = text {
            self.line("reference", text, LONGEST_REFERENCE);
        }
    }

    pub(super) fn language(&mut self, text: Option<&str>) -> Option<Language> {
        let language = Language::of_locale(text?);
        if language.is_none() {
            self.problem("language", "must be one of en, vi, zh");
        }
        language
    }

    pub(super) fn account(&mut self, text: Option<&str>) -> Option<AccountId> {
        let id = Uuid::parse_str(text?).ok().map(AccountId);
        if id.is_none() {
            self.problem("accountId", "must be the id of an account");
        }
        id
    }

    pub(super) fn technician(&mut self, text: Option<&String>) {
        if let Some(text) = text {
            self.line("technician", text, LONGEST_REFERENCE);
        }
    }

    /// Texts and numbers alone fill places.
    pub(super) fn variables(&mut self, given: Option<BTreeMap<String, Value>>) -> BTreeMap<String, String> {
        let given = given.unwrap_or_default();
        if given.len() > MOST_VARIABLES {
            self.problem("variables", format!("holds {}, at most {MOST_VARIABLES} may be there", given.len()));
        }
        let mut variables = BTreeMap::new();
        for (name, value) in given {
            let field = format!("variables.{name}");
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                _ => {
                    self.problem(&field, "must be a text or a number");
                    continue;
                }
            };
            self.line(&field, &text, LONGEST_VALUE);
            variables.insert(name, text);
        }
        variables
    }

    /// Templates take no line breaks in their places.
    pub(super) fn line(&mut self, field: &str, text: &str, longest: usize) {
        let length = text.chars().count();
        if text.trim().is_empty() || length > longest || text.chars().any(char::is_control) {
            self.problem(field, format!("must hold 1 to {longest} characters on one line"));
        }
    }

    pub(super) fn problem(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldProblem::new(field, message));
    }

    pub(super) fn finish(self) -> Result<(), ApiError> {
        ApiError::unless_none(self.0)
    }
}
