//! What texts and conditions ask for: whether anything can ever fill it, and whether it may be missing.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::{Serde, Value as Filled};
use serde_json::{Map, Value, json};

use super::{Found, Plan, Read};
use crate::domain::condition::Field;
use crate::flow::definition::{NodeKind, TriggerKind};
use crate::flow::fault::Severity;
use crate::flow::places;
use crate::flow::texts::Source;

/// What texts know of a customer besides their attributes.
const OF_CONTACT: [&str; 12] = [
    "id",
    "name",
    "username",
    "phone",
    "email",
    "locale",
    "timezone",
    "source",
    "tags",
    "firstInteractionAt",
    "lastInteractionAt",
    "createdAt",
];
const OF_ACCOUNT: [&str; 3] = ["name", "channel", "open"];

pub(super) fn check(read: &Read<'_>, plan: &Plan, found: &mut Found) {
    let learnt = learnt(read);
    let given = comes_from_outside(read);
    for (index, id, kind) in read.nodes() {
        let known = Known { read, node: (index, id), learnt: &learnt[index], given };
        for (field, text) in places::of_node(kind) {
            known.check_text(
                plan,
                &field,
                text,
                matches!(kind, NodeKind::HttpRequest(_)) && field == "config.url",
                found,
            );
        }
        if let NodeKind::Condition(condition) = kind {
            for (branch, one) in condition.branches.iter().enumerate() {
                for (at, field, ..) in one.when.questions() {
                    if let Ok(Field::Variable(way)) = field.parse()
                        && let Some(Fate::Never) = known.fate(&way[0])
                    {
                        let at = if at.is_empty() { String::new() } else { format!(".{at}") };
                        let field = format!("config.branches[{branch}].when{at}.field");
                        let message = format!("nothing before this node sets the variable `{}`", way[0]);
                        found.node(Severity::Warning, (index, id), &field, "unknown_variable", message);
                    }
                }
            }
        }
    }
}

/// What may become of a variable that is asked for.
enum Fate {
    /// Nothing sets it before.
    Never,
    /// Something outside of the flow may.
    Perhaps,
}

struct Known<'a> {
    read: &'a Read<'a>,
    node: (usize, &'a str),
    /// Variables that some node before this one sets.
    learnt: &'a BTreeSet<&'a str>,
    /// Whether others may set variables.
    given: bool,
}

impl Known<'_> {
    fn check_text(&self, plan: &Plan, field: &str, text: &str, is_url: bool, found: &mut Found) {
        let supposed = Supposed::of(self.learnt, &self.read.surroundings.variables);
        let filled = if is_url { plan.texts.fill_url(text, &supposed) } else { plan.texts.fill(text, &supposed) };
        let asked = plan.texts.asks_for(text);
        // What stands for something missing is given in the text itself: nothing is amiss.
        if filled.is_ok() {
            asked.iter().filter_map(|name| wrong_name(name)).for_each(|message| {
                found.node(Severity::Warning, self.node, field, "unknown_variable", message);
            });
            return;
        }
        for name in &asked {
            if let Some(message) = wrong_name(name) {
                found.node(Severity::Error, self.node, field, "unknown_variable", message);
                continue;
            }
            let (first, rest) = name.split_once('.').unwrap_or((name, ""));
            let variable = match first {
                "variables" => rest.split('.').next().unwrap_or_default(),
                "contact" | "attributes" | "message" | "account" | "conversation" => {
                    self.may_be_missing(field, name, first, rest, found);
                    continue;
                }
                "shop_name" => continue,
                bare => bare,
            };
            match self.fate(variable) {
                Some(Fate::Never) => {
                    let message = format!("nothing before this node sets the variable `{variable}`");
                    found.node(Severity::Error, self.node, field, "unknown_variable", message);
                }
                Some(Fate::Perhaps) => {
                    let message = format!("no node sets the variable `{variable}`: whoever starts the flow has to");
                    found.node(Severity::Warning, self.node, field, "unknown_variable", message);
                }
                None => {}
            }
        }
    }

    fn may_be_missing(&self, field: &str, name: &str, first: &str, rest: &str, found: &mut Found) {
        let is_always_there = match first {
            "contact" => ["", "id", "tags"].contains(&rest),
            "account" => ["channel", "open"].contains(&rest),
            _ => rest.is_empty() || (first == "conversation" && rest == "references"),
        };
        if !is_always_there {
            let message = format!(
                "`{name}` is not known of everybody: `{{{{ {name} | default(\"...\") }}}}` says what stands for it"
            );
            found.node(Severity::Warning, self.node, field, "may_be_missing", message);
        }
    }

    fn fate(&self, variable: &str) -> Option<Fate> {
        if variable.is_empty() || self.learnt.contains(variable) || self.read.surroundings.variables.contains(variable)
        {
            return None;
        }
        Some(if self.given { Fate::Perhaps } else { Fate::Never })
    }
}

/// Why there can be nothing of this name.
fn wrong_name(name: &str) -> Option<String> {
    let mut steps = name.split('.');
    let (first, second) = (steps.next()?, steps.next());
    let known: &[&str] = match first {
        "contact" => &OF_CONTACT,
        "account" => &OF_ACCOUNT,
        "conversation" => &["references"],
        "message" => &["text"],
        _ => return None,
    };
    let second = second?;
    (!known.contains(&second)).then(|| format!("`{first}` has no `{second}`, expected one of: {}", known.join(", ")))
}

/// For each node the variables that a node before it sets.
fn learnt<'a>(read: &'a Read<'_>) -> Vec<BTreeSet<&'a str>> {
    let mut learnt = vec![BTreeSet::new(); read.nodes.len()];
    for (index, _, kind) in read.nodes() {
        let names: Vec<&str> = match kind {
            NodeKind::Ask(ask) => ask.variable.iter().map(String::as_str).collect(),
            NodeKind::HttpRequest(request) => request.save.keys().map(String::as_str).collect(),
            _ => continue,
        };
        for (_, next) in &read.paths.next[index] {
            for (behind, _) in read.paths.from(Some(*next)).iter().enumerate().filter(|(_, reached)| **reached) {
                learnt[behind].extend(&names);
            }
        }
    }
    learnt
}

/// Whether somebody else may set variables: who starts it through the API, a flow that it is part of, or one that is
/// part of it.
fn comes_from_outside(read: &Read<'_>) -> bool {
    let by_api = read.triggers().any(|(_, kind)| matches!(kind, TriggerKind::Api {}));
    let is_part = read.document.triggers.is_empty();
    by_api || is_part || read.nodes().any(|(_, _, kind)| matches!(kind, NodeKind::StartFlow(_)))
}

/// A customer of whom nothing is known, in a flow that has learnt all it can.
struct Supposed(BTreeMap<&'static str, Value>, Map<String, Value>);

impl Supposed {
    fn of(learnt: &BTreeSet<&str>, given: &BTreeSet<String>) -> Self {
        let names = learnt.iter().map(|name| (*name).to_owned()).chain(given.iter().cloned());
        let variables: Map<String, Value> = names.map(|name| (name, "x".into())).collect();
        let roots = BTreeMap::from([
            ("contact", json!({ "id": "x", "tags": [] })),
            ("attributes", json!({})),
            ("shop_name", json!("x")),
            ("account", json!({ "channel": "whatsapp", "open": true })),
            ("conversation", json!({ "references": {} })),
            ("message", json!({})),
        ]);
        Self(roots, variables)
    }
}

impl Source for Supposed {
    fn root(&self, name: &str) -> Option<Filled> {
        if name == "variables" {
            return Some(Filled::from(Serde(&self.1)));
        }
        self.0.get(name).or_else(|| self.1.get(name)).map(|value| Filled::from(Serde(value)))
    }

    fn json(&self, _: &[String]) -> Option<Value> {
        None
    }
}
