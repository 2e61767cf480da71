//! What texts and conditions are told: one place, so that they know the same under the same names.

use chrono::{DateTime, SecondsFormat, Utc};
use minijinja::value::{Serde, Value as Filled};
use serde_json::{Map, Value};

use super::Plan;
use crate::domain::condition::{Fact, Facts, Field};
use crate::flow::texts::Source;
use crate::flow::world::{ContactFacts, World};

/// What a step knows.
pub(in crate::flow) struct Known<'a> {
    pub(in crate::flow) plan: &'a Plan,
    pub(in crate::flow) world: &'a World,
    /// As it stands now: a node before this one may have changed it.
    pub(in crate::flow) contact: &'a ContactFacts,
    pub(in crate::flow) variables: &'a Map<String, Value>,
    pub(in crate::flow) said: Option<&'a str>,
}

impl Known<'_> {
    /// What is known under a first name, as JSON without its gaps.
    fn tree(&self, name: &str) -> Option<Value> {
        match name {
            "contact" => Some(Value::Object(contact(self.contact))),
            "attributes" => Some(Value::Object(self.contact.attributes.clone())),
            "variables" => Some(Value::Object(self.variables.clone())),
            "shop_name" => Some(self.world.shop_name.clone().into()),
            "account" => Some(Value::Object(self.account())),
            "conversation" => {
                let references = self.world.conversation.references.iter();
                let references: Map<String, Value> =
                    references.map(|(name, value)| (name.clone(), value.clone().into())).collect();
                Some(serde_json::json!({ "references": references }))
            }
            "message" => {
                Some(self.said.map_or_else(|| serde_json::json!({}), |text| serde_json::json!({ "text": text })))
            }
            bare => self.variables.get(bare).cloned(),
        }
    }

    fn account(&self) -> Map<String, Value> {
        let account = &self.world.account;
        let mut known = Map::new();
        known.insert("channel".to_owned(), account.channel.as_str().into());
        known.insert("open".to_owned(), account.open.into());
        if let Some(name) = &account.name {
            known.insert("name".to_owned(), name.clone().into());
        }
        known
    }
}

/// Without the attributes, which have a name of their own and are many.
fn contact(contact: &ContactFacts) -> Map<String, Value> {
    let moment = |at: Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    let texts = [
        ("id", contact.id.map(|id| id.to_string())),
        ("name", contact.name.clone()),
        ("username", contact.username.clone()),
        ("phone", contact.phone.clone()),
        ("email", contact.email.clone()),
        ("locale", contact.locale.clone()),
        ("timezone", contact.timezone.map(|zone| zone.to_string())),
        ("source", contact.source.clone()),
        ("firstInteractionAt", moment(contact.first_interaction_at)),
        ("lastInteractionAt", moment(contact.last_interaction_at)),
        ("createdAt", moment(contact.created_at)),
    ];
    let known = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
    let mut known: Map<String, Value> = known.collect();
    known.insert("tags".to_owned(), contact.tags.iter().cloned().collect());
    known
}

impl Source for Known<'_> {
    fn root(&self, name: &str) -> Option<Filled> {
        match name {
            "attributes" => Some(Filled::from(Serde(&self.contact.attributes))),
            "variables" => Some(Filled::from(Serde(self.variables))),
            _ => self.tree(name).map(|tree| Filled::from(Serde(tree))),
        }
    }

    fn json(&self, way: &[String]) -> Option<Value> {
        let (first, rest) = way.split_first()?;
        let tree = self.tree(first)?;
        rest.iter().try_fold(&tree, |value, step| value.get(step)).filter(|found| !found.is_null()).cloned()
    }
}

impl Facts for Known<'_> {
    fn fact(&self, field: &Field) -> Fact<'_> {
        match field {
            Field::Variable(way) => Fact::at(self.variables, way),
            Field::MessageText => Fact::of(self.said),
            Field::AccountOpen => Fact::Truth(self.world.account.open),
            Field::Reference(name) => Fact::of(self.world.conversation.references.get(name).map(String::as_str)),
            of_contact => self.contact.fact(of_contact),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.world.now
    }

    fn matches(&self, pattern: &str, text: &str) -> bool {
        self.plan.matches(pattern, text)
    }
}
