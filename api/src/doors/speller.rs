//! Spells answers and requests as a page does, and the description of them too. Where in an answer an entity
//! stands is read from the API's own description, so that a table names each entity once.

use std::collections::HashMap;

use http::Method;
use serde_json::{Map, Value, json};

use super::spelling::{Rule, Table};
use crate::openapi::{self, Operation};

/// A page's table, and what it is applied to.
#[derive(Debug)]
pub struct Speller {
    /// The table.
    pub table: &'static Table,
    schemas: Map<String, Value>,
    operations: HashMap<(Method, String), Operation>,
}

impl Speller {
    /// Spells as `table` does.
    pub fn new(table: &'static Table) -> Self {
        let plain = crate::router::plain_document();
        let operations = openapi::operations(&plain);
        let schemas = plain.json["components"]["schemas"].as_object().cloned().unwrap_or_default();
        Self { table, schemas, operations }
    }

    /// What stands at `path`, as it stands behind its door.
    pub fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.operations.get(&(method.clone(), path.to_owned()))
    }

    /// Spells the entity whose schema is `name`.
    pub fn spell(&self, name: &str, value: &mut Value) {
        let name = openapi::public_name(name);
        if let Some(schema) = self.schemas.get(name) {
            self.walk(schema, value);
        }
        apply(self.table.rules(name), value);
    }

    /// Spells a whole answer of `operation`.
    pub fn spell_answer(&self, operation: &Operation, answer: &mut Value) {
        let Some(gives) = &operation.gives else {
            return;
        };
        if operation.method == Method::DELETE && self.table.deletes_give_nothing {
            answer["data"] = Value::Null;
            return;
        }
        match &mut answer["data"] {
            Value::Array(list) => {
                for entity in list {
                    self.spell(gives, entity);
                }
            }
            entity => self.spell(gives, entity),
        }
        let field = self.table.list_of(gives).filter(|_| answer["data"].is_array());
        if let Some(field) = field {
            let total = answer["pagination"]["total"].clone();
            answer["data"] = json!({ field: answer["data"].take(), "totalCount": total });
        }
    }

    /// `body`, spelled by the page, as we spell it.
    pub fn unspell(&self, operation: &Operation, body: &mut Value) {
        let rules = operation.takes.iter().flat_map(|name| self.table.rules(name));
        unapply(rules, body);
    }

    /// The parameters of a query, as we spell them.
    pub fn unspell_query(&self, operation: &Operation, query: &str) -> String {
        let rules: Vec<&Rule> = operation.gives.iter().flat_map(|name| self.table.rules(name)).collect();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let ours = pairs.map(|(name, value)| {
            let mut pair = json!({ name.as_ref(): value });
            unapply(rules.iter().copied(), &mut pair);
            let (name, value) = pair.as_object().and_then(|pair| pair.iter().next()).map_or_else(
                || (name.into_owned(), value.into_owned()),
                |(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()),
            );
            (name, value)
        });
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(ours).finish()
    }

    /// The field of a request as the page calls it.
    pub fn field<'a>(&self, operation: &Operation, field: &'a str) -> std::borrow::Cow<'a, str> {
        let mut rules = operation.takes.iter().flat_map(|name| self.table.rules(name));
        rules
            .find_map(|rule| match rule {
                Rule::Name(ours, theirs) if *ours == field => Some((*theirs).into()),
                _ => None,
            })
            .unwrap_or(field.into())
    }

    fn walk(&self, schema: &Value, value: &mut Value) {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            if !value.is_null() {
                self.spell(name, value);
            }
            return;
        }
        for kind in ["allOf", "oneOf", "anyOf"] {
            for part in schema[kind].as_array().into_iter().flatten() {
                self.walk(part, value);
            }
        }
        match value {
            Value::Object(object) => {
                for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                    if let Some(value) = object.get_mut(field) {
                        self.walk(schema, value);
                    }
                }
            }
            Value::Array(list) if schema["items"].is_object() => {
                for value in list {
                    self.walk(&schema["items"], value);
                }
            }
            _ => {}
        }
    }
}

fn apply<'a>(rules: impl Iterator<Item = &'a Rule>, value: &mut Value) {
    let Value::Object(object) = value else {
        return;
    };
    for rule in rules {
        match *rule {
            Rule::Name(ours, theirs) => {
                if let Some(value) = object.remove(ours) {
                    object.insert(theirs.to_owned(), value);
                }
            }
            Rule::Also(path, theirs) => {
                let found = path.iter().try_fold(&*object, |at, field| at.get(*field)?.as_object());
                let (last, above) = path.split_last().map_or(("", &[][..]), |(last, above)| (*last, above));
                let holder = above.iter().try_fold(&*object, |at, field| at.get(*field)?.as_object());
                let value = found.map(|found| Value::Object(found.clone())).or_else(|| holder?.get(last).cloned());
                if let Some(value) = value {
                    object.insert(theirs.to_owned(), value);
                }
            }
            Rule::Values(field, names) => {
                let spelled = |value: &str| names.iter().find(|(ours, _)| *ours == value).map(|(_, theirs)| *theirs);
                replace(object, field, |value| spelled(value).map(ToOwned::to_owned));
            }
            Rule::Capitals(field) => replace(object, field, |value| Some(capitals(value))),
        }
    }
}

/// The way back. Our own words are taken too, so that they lead nowhere else.
fn unapply<'a>(rules: impl Iterator<Item = &'a Rule>, value: &mut Value) {
    let Value::Object(object) = value else {
        return;
    };
    let rules: Vec<&Rule> = rules.collect();
    for rule in rules.into_iter().rev() {
        match *rule {
            Rule::Name(ours, theirs) => {
                if let Some(value) = object.remove(theirs) {
                    object.insert(ours.to_owned(), value);
                }
            }
            Rule::Also(path, theirs) => {
                let value = object.remove(theirs);
                if let ([ours], Some(value)) = (path, value) {
                    object.entry(*ours).or_insert(value);
                }
            }
            Rule::Values(field, names) => {
                let ours = |value: &str| names.iter().find(|(_, theirs)| *theirs == value).map(|(ours, _)| *ours);
                replace(object, field, |value| ours(value).map(ToOwned::to_owned));
            }
            Rule::Capitals(field) => replace(object, field, |value| Some(snake(value))),
        }
    }
}

fn replace(object: &mut Map<String, Value>, field: &str, spelled: impl Fn(&str) -> Option<String>) {
    if let Some(value) = object.get_mut(field)
        && let Some(other) = value.as_str().and_then(spelled)
    {
        *value = Value::String(other);
    }
}

/// `quick_reply` is `QuickReply`.
pub(super) fn capitals(text: &str) -> String {
    text.split('_').map(openapi::capital).collect()
}

fn snake(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [Rule; 5] = [
        Rule::Values("status", &[("open", "Active")]),
        Rule::Also(&["contact", "displayName"], "customerName"),
        Rule::Also(&["contactId"], "customerId"),
        Rule::Capitals("type"),
        Rule::Name("type", "messageType"),
    ];

    #[test]
    fn a_table_spells_and_leads_back() {
        let ours =
            json!({ "status": "open", "contact": { "displayName": "An" }, "contactId": "7", "type": "quick_reply" });
        let mut value = ours.clone();
        apply(RULES.iter(), &mut value);
        let theirs = json!({
            "status": "Active", "contact": { "displayName": "An" }, "contactId": "7", "messageType": "QuickReply",
            "customerName": "An", "customerId": "7",
        });
        assert_eq!(value, theirs);
        unapply(RULES.iter(), &mut value);
        assert_eq!(value, ours);
    }

    #[test]
    fn our_own_words_are_taken_too() {
        let ours = json!({ "status": "open", "type": "text" });
        let mut value = ours.clone();
        unapply(RULES.iter(), &mut value);
        assert_eq!(value, ours);
    }
}
