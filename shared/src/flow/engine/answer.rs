//! Answers: whether what the customer said is one, and what is kept of it.

mod date;
mod number;
mod phone;

use serde_json::{Value, json};

use super::{Known, LARGEST_VALUE, LONGEST_ANSWER, Plan};
use crate::domain::consent::fold;
use crate::domain::deterministic;
use crate::domain::message::Content;
use crate::flow::definition::{Ask, Node, OfferedButton, Validation};
use crate::flow::event::Incoming;

/// An answer that is one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// What is kept.
    pub(super) value: Value,
    /// The way out.
    pub(super) outlet: String,
}

/// Reads an answer; none where it is not what was asked for.
pub(super) fn read(plan: &Plan, node: &Node, ask: &Ask, incoming: &Incoming, known: &Known<'_>) -> Option<Answer> {
    let content = incoming.content();
    let answered = |value: Value| Some(Answer { value, outlet: "answered".to_owned() });
    if let Validation::Choice { choices } = &ask.answer {
        let chosen = choice(choices, content, known)?;
        let has_edge = plan.way(&node.id, &chosen.id).is_some();
        let outlet = if has_edge { chosen.id.clone() } else { "answered".to_owned() };
        return Some(Answer { value: chosen.id.clone().into(), outlet });
    }
    if matches!(ask.answer, Validation::Any {}) {
        return answered(anything(incoming)?);
    }
    let text = words(content)?;
    match &ask.answer {
        Validation::Text { min, max } => {
            let length = text.chars().count();
            let least = min.unwrap_or(1).max(1) as usize;
            let most = max.map_or(LONGEST_ANSWER, |max| max as usize);
            (least..=most).contains(&length).then(|| text.to_owned()).and_then(|text| answered(text.into()))
        }
        Validation::Number { min, max } => {
            let number = number::read(text, known.contact.locale.as_deref().unwrap_or(&plan.definition.language))?;
            let fits = min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max);
            if fits { answered(number::kept(number)) } else { None }
        }
        Validation::Email {} => is_email(text).then(|| text.to_owned()).and_then(|text| answered(text.into())),
        Validation::Phone { country } => answered(phone::read(text, country.as_deref())?.into()),
        Validation::Date { future } => {
            let zone = known.contact.timezone.unwrap_or(known.world.account.timezone);
            let day = date::read(text)?;
            if *future && day < zone.day(known.world.now) {
                return None;
            }
            answered(day.format("%Y-%m-%d").to_string().into())
        }
        Validation::Regex { pattern } => {
            if plan.answers(pattern, text) {
                answered(text.into())
            } else {
                None
            }
        }
        Validation::Choice { .. } | Validation::Any {} => None,
    }
}

/// What was written or tapped, without spaces at its ends; not the words below a file.
fn words(content: &Content) -> Option<&str> {
    let text = match content {
        Content::Text { body, .. } => body.as_str(),
        Content::Tap(tap) => tap.title.as_str(),
        _ => return None,
    };
    let text = text.trim();
    (!text.is_empty() && text.chars().count() <= LONGEST_ANSWER).then_some(text)
}

/// By the id of what was tapped; else by title, id or number, in this order: a title may be a number.
fn choice<'a>(choices: &'a [OfferedButton], content: &Content, known: &Known<'_>) -> Option<&'a OfferedButton> {
    if let Content::Tap(tap) = content
        && !tap.id.is_empty()
    {
        return choices.iter().find(|choice| choice.id == tap.id);
    }
    let said = fold(words(content)?);
    if said.is_empty() {
        return None;
    }
    let is_titled = |choice: &&OfferedButton| {
        let shown = known.words(&choice.title).is_ok_and(|title| fold(&title) == said);
        shown || choice.title.each().iter().any(|(_, title)| fold(title) == said)
    };
    let by_title = choices.iter().find(is_titled);
    let by_id = || choices.iter().find(|choice| fold(&choice.id) == said);
    let by_number = || choices.get(said.parse::<usize>().ok()?.checked_sub(1)?);
    by_title.or_else(by_id).or_else(by_number)
}

/// What is kept of a message of whatever kind.
fn anything(incoming: &Incoming) -> Option<Value> {
    let content = incoming.content();
    let kept = match content {
        Content::Text { .. } | Content::Tap(_) => json!(words(content)?),
        Content::Location(place) => json!({
            "type": "location", "latitude": place.latitude, "longitude": place.longitude,
            "name": place.name, "address": place.address,
        }),
        Content::FlowReply(reply) => reply.response.clone(),
        content => match content.media() {
            Some((kind, media)) => json!({
                "type": kind.as_str(),
                "mediaId": deterministic::media_id(incoming.message_id, 0),
                "caption": media.caption,
            }),
            None => json!({ "type": content.kind(), "messageId": incoming.message_id }),
        },
    };
    let size = serde_json::to_vec(&kept).map_or(usize::MAX, |json| json.len());
    (size <= LARGEST_VALUE).then_some(kept)
}

/// `name@domain.tld`, as far as a form can tell.
fn is_email(text: &str) -> bool {
    const LONGEST: usize = 254;
    let Some((name, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let is_name = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    text.len() <= LONGEST
        && (1..=64).contains(&name.len())
        && name.chars().all(is_name)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|last| last.chars().count() >= 2 && !last.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
