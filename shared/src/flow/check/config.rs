//! What each node's own fields must be.

use std::collections::HashMap;

use super::{Found, Read};
use crate::flow::definition::{Ask, HandOff, MessageTemplate, NodeKind, Validation, Wait};
use crate::flow::fault::Severity;
use crate::flow::variable;

/// Longest time that a session waits, for a moment or an answer.
const YEAR: u64 = 365 * 24 * 60 * 60;
/// Longest delay in front of a message.
const DAY: u32 = 24 * 60 * 60;
/// Most branches, arms and choices.
const WAYS: usize = 30;
/// Most times that a question is asked again.
const AGAIN: u32 = 10;
/// Longest name of an attribute, a tag or a way out.
const NAME: usize = 64;

pub(super) fn check(read: &Read<'_>, found: &mut Found) {
    for (index, id, kind) in read.nodes() {
        let node = (index, id);
        match kind {
            NodeKind::SendMessage(send) => {
                if send.delay > DAY {
                    found.config(node, "delay", format!("must be at most {DAY} seconds, a `wait` may be longer"));
                }
                message(node, &send.message, found);
            }
            NodeKind::Ask(ask) => question(node, ask, found),
            NodeKind::Condition(condition) => {
                ways(node, "branches", condition.branches.iter().map(|branch| branch.name.as_str()), &["else"], found);
            }
            NodeKind::AbSplit { arms } => {
                ways(node, "arms", arms.iter().map(|arm| arm.name.as_str()), &[], found);
                if arms.iter().map(|arm| u64::from(arm.weight)).sum::<u64>() == 0 {
                    found.config(node, "arms", "must have a weight above 0 in sum");
                }
            }
            NodeKind::Wait(wait) => check_wait(node, wait, found),
            NodeKind::SetAttribute(set) => name(node, "name", &set.name, found),
            NodeKind::AddTag { tag } | NodeKind::RemoveTag { tag } => name(node, "tag", tag, found),
            NodeKind::Handoff(HandOff { team_id: Some(_), user_id: Some(_), .. }) => {
                found.config(node, "userId", "a conversation goes to a team or to a person, not to both");
            }
            NodeKind::Jump { to } => jump(read, node, to, found),
            NodeKind::Handoff(_)
            | NodeKind::OptIn { .. }
            | NodeKind::OptOut { .. }
            | NodeKind::HttpRequest(_)
            | NodeKind::AiReply(_)
            | NodeKind::Close(_)
            | NodeKind::StartFlow(_)
            | NodeKind::End {} => {}
        }
    }
}

fn jump(read: &Read<'_>, node: (usize, &str), to: &str, found: &mut Found) {
    if !read.document.nodes.iter().any(|node| node.id == to) {
        found.node(Severity::Error, node, "config.to", "unknown_node", format!("there is no node `{to}`"));
    }
}

fn name(node: (usize, &str), field: &str, name: &str, found: &mut Found) {
    let has_places = name.contains("{{") || name.contains("{%");
    if name.trim().is_empty() || (!has_places && name.chars().count() > NAME) {
        found.config(node, field, format!("must be 1 to {NAME} characters long"));
    }
}

/// Names of ways out: some, none twice, none that the node has anyway.
fn ways<'a>(node: (usize, &str), field: &str, names: impl Iterator<Item = &'a str>, taken: &[&str], found: &mut Found) {
    let names: Vec<&str> = names.collect();
    if names.is_empty() || names.len() > WAYS {
        found.config(node, field, format!("holds {}, 1 to {WAYS} may be there", names.len()));
    }
    let mut first: HashMap<&str, usize> = HashMap::new();
    let part = if field == "answer.choices" { "id" } else { "name" };
    for (index, way) in names.into_iter().enumerate() {
        let at = format!("{field}[{index}].{part}");
        name(node, &at, way, found);
        if taken.contains(&way) {
            found.config(node, &at, format!("`{way}` is a way out of its own, it must be called something else"));
        }
        if let Some(before) = first.insert(way, index) {
            found.config(node, &at, format!("`{way}` is {field}[{before}] too"));
        }
    }
}

fn question(node: (usize, &str), ask: &Ask, found: &mut Found) {
    message(node, &ask.message, found);
    if let Some(variable) = &ask.variable
        && let Err(problem) = variable::check_name(variable)
    {
        found.config(node, "variable", problem);
    }
    if let Some(attribute) = &ask.attribute {
        name(node, "attribute", attribute, found);
    }
    if ask.again.times > AGAIN {
        found.config(node, "again.times", format!("must be at most {AGAIN}"));
    }
    if let Some(timeout) = ask.timeout.filter(|timeout| !(1..=YEAR).contains(timeout)) {
        found.config(node, "timeout", format!("must be 1 to {YEAR} seconds, is {timeout}"));
    }
    answer(node, ask, found);
}

fn answer(node: (usize, &str), ask: &Ask, found: &mut Found) {
    match &ask.answer {
        Validation::Text { min: Some(min), max: Some(max) } if min > max => {
            found.config(node, "answer.max", format!("must be at least {min}, is {max}"));
        }
        Validation::Number { min: Some(min), max: Some(max) } if min > max => {
            found.config(node, "answer.max", format!("must be at least {min}, is {max}"));
        }
        Validation::Phone { country: Some(country) } if country.parse::<phonenumber::country::Id>().is_err() => {
            found.config(node, "answer.country", format!("must be a country such as VN, is `{country}`"));
        }
        Validation::Choice { choices } => {
            let taken = ["answered", "failed", "timed_out"];
            ways(node, "answer.choices", choices.iter().map(|choice| choice.id.as_str()), &taken, found);
            let offered: Vec<&str> = match &ask.message {
                MessageTemplate::Buttons { buttons, .. } => buttons.iter().map(|button| button.id.as_str()).collect(),
                MessageTemplate::List { sections, .. } => {
                    sections.iter().flat_map(|section| &section.rows).map(|row| row.id.as_str()).collect()
                }
                _ => Vec::new(),
            };
            for id in offered.into_iter().filter(|id| !choices.iter().any(|choice| choice.id == *id)) {
                found.config(node, "answer.choices", format!("has no `{id}`, which the message offers"));
            }
        }
        _ => {}
    }
}

fn message(node: (usize, &str), message: &MessageTemplate, found: &mut Found) {
    match message {
        MessageTemplate::Media { url, media_id, .. } if url.is_some() == media_id.is_some() => {
            found.config(node, "message.url", "a file is named by `url` or by `mediaId`, by one of them");
        }
        MessageTemplate::Template { template_id, name, .. } if template_id.is_some() == name.is_some() => {
            found.config(node, "message.name", "a template is named by `name` or by `templateId`, by one of them");
        }
        _ => {}
    }
}

fn check_wait(node: (usize, &str), wait: &Wait, found: &mut Found) {
    match (wait.duration, &wait.until) {
        (Some(_), Some(_)) => found.config(node, "until", "a wait has `duration` or `until`, not both"),
        (None, None) => found.config(node, "duration", "a wait has `duration` or `until`"),
        (Some(0), None) => {
            found.node(Severity::Warning, node, "config.duration", "no_wait", "0 seconds are no wait");
        }
        (Some(duration), None) if duration > YEAR => {
            found.config(node, "duration", format!("must be at most {YEAR} seconds, is {duration}"));
        }
        _ => {}
    }
}
