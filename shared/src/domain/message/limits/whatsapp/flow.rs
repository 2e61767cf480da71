//! Forms of the platform's (WhatsApp Flows).

use serde_json::Value;

use super::super::emoji;
use super::super::findings::{Findings, quote};
use crate::domain::message::interactive::{FlowAction, FlowName};

const CTA: usize = 30;
/// No platform says; enough for any name or token that is.
const NAME: usize = 512;

pub(super) fn check(action: &FlowAction, findings: &mut Findings) {
    match &action.flow {
        FlowName::Id(id) => findings.words("action.flow.id", id, NAME),
        FlowName::Name(name) => findings.words("action.flow.name", name, NAME),
    }
    findings.words("action.cta", &action.cta, CTA);
    if emoji::is_in(&action.cta) {
        findings.add("action.cta", format!("takes no emoji, is {}", quote(&action.cta)));
    }
    findings.words("action.token", &action.token, NAME);
    findings.optional("action.screen", action.screen.as_deref(), NAME);
    data(action, findings);
}

/// What a screen is given needs the screen: without one the form asks its own endpoint.
fn data(action: &FlowAction, findings: &mut Findings) {
    match (&action.data, &action.screen) {
        (None, _) => {}
        (Some(_), None) => findings.add("action.data", "needs action.screen, the screen that it is given to"),
        (Some(Value::Object(object)), Some(_)) if !object.is_empty() => {}
        (Some(_), Some(_)) => findings.add("action.data", "must be an object with at least one field"),
    }
}
