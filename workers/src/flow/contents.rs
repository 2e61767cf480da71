//! What a flow's messages say, once templates that are named by their ids are known. Pure.

use std::collections::HashMap;

use serde_json::{Map, Value};
use shared::domain::ids::TemplateId;
use shared::domain::message::Content;
use shared::domain::message::template::{Parameter, ParameterValue, Template};
use shared::flow::effect::{Effect, Outgoing};
use shared::flow::session::{End, Failure};
use shared::store::flows::threads::Thread;
use shared::store::templates::approved::Approved;

use super::outcome::Outcome;

/// Puts `approved` templates in place of their ids; where one is missing, gives the node that names it.
pub(super) fn put_templates(outcome: &mut Outcome, approved: &HashMap<TemplateId, Approved>) -> Result<(), String> {
    for (_, effect) in &mut outcome.effects {
        let Effect::Send { node_id, content, .. } = effect else { continue };
        let Outgoing::TemplateById { template_id, variables } = content else { continue };
        let template = approved.get(template_id).ok_or_else(|| node_id.clone())?;
        *content = Outgoing::Content(Box::new(filled(template, variables)));
    }
    Ok(())
}

/// The template with its places filled: numbered ones in their order, named ones by their names.
fn filled(template: &Approved, variables: &Map<String, Value>) -> Content {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut places: Vec<(Option<u32>, &String, &Value)> =
        variables.iter().map(|(name, value)| (name.parse().ok(), name, value)).collect();
    places.sort_by_key(|(number, _, _)| *number);
    let body = places.into_iter().map(|(number, name, value)| Parameter {
        name: number.is_none().then(|| name.clone()),
        value: ParameterValue::Text { text: text(value) },
    });
    Content::Template(Box::new(Template {
        name: template.name.clone(),
        language: template.language.clone(),
        header: None,
        body: body.collect(),
        buttons: Vec::new(),
        cards: Vec::new(),
        offer_expires_at: None,
    }))
}

/// What becomes of a turn that wanted to send a template that may not be sent: nothing of it is said, its flow is broken.
pub(super) fn without_template(thread: &Thread, outcome: &Outcome, node_id: &str, reason: &str) -> Outcome {
    let names_it = |(_, effect): &&(_, Effect)| matches!(effect, Effect::Send { node_id: of, .. } if of == node_id);
    let session = outcome.effects.iter().find(names_it).map(|(session, _)| *session);
    let begun =
        outcome.begun.iter().find(|(id, _, _)| Some(*id) == session).map(|(_, flow, version)| (*flow, *version));
    let stored = thread.session.as_ref();
    let flow = begun.or_else(|| stored.map(|stored| (stored.flow_id, stored.version)));
    let mut broken = Outcome {
        needs_person: true,
        begun: outcome.begun.clone(),
        over: outcome.begun.iter().map(|(id, _, _)| *id).chain(stored.map(|stored| stored.id)).collect(),
        ..Outcome::default()
    };
    if let (Some(session), Some((flow_id, version))) = (session, flow) {
        let failure = Failure {
            flow_id,
            version,
            node_id: node_id.to_owned(),
            code: "template_missing".to_owned(),
            reason: reason.to_owned(),
        };
        broken.effects.push((session, Effect::Ended(End::Failed(failure.clone()))));
        broken.failures.push(failure);
    }
    broken
}

/// A value as PostgreSQL keeps it in JSON: it takes no NUL.
pub(super) fn without_nul(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('\0', "")),
        Value::Array(values) => Value::Array(values.iter().map(without_nul).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.replace('\0', ""), without_nul(value))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbered_places_are_filled_in_their_order_and_named_ones_by_name() {
        let template = Approved { name: "order_ready".to_owned(), language: "vi".to_owned() };
        let body = |variables: Value| match filled(&template, variables.as_object().unwrap()) {
            Content::Template(template) => {
                template.body.iter().map(|one| (one.name.clone(), one.value.clone())).collect()
            }
            _ => Vec::new(),
        };
        let text = |text: &str| ParameterValue::Text { text: text.to_owned() };
        let ten = json!({ "10": "j", "2": 7, "1": "a" });
        assert_eq!(body(ten), [(None, text("a")), (None, text("7")), (None, text("j"))]);
        assert_eq!(body(json!({ "name": "Mai" })), [(Some("name".to_owned()), text("Mai"))]);
    }

    #[test]
    fn no_nul_is_left_wherever_it_stands() {
        let value = json!({ "a\u{0}": ["b\u{0}c", { "d": "\u{0}" }, 1] });
        assert_eq!(without_nul(&value), json!({ "a": ["bc", { "d": "" }, 1] }));
    }
}
