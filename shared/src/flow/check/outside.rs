//! What a flow names that lies outside of it: templates, other flows, teams, people.

use std::collections::HashSet;

use super::{Found, KnownTemplate, Read};
use crate::domain::ids::FlowId;
use crate::flow::definition::{MessageTemplate, NodeKind};
use crate::flow::fault::Severity;

/// Deepest sub-flow that the engine goes into.
const DEPTH: usize = crate::flow::engine::MOST_FRAMES;

pub(super) fn check(read: &Read<'_>, found: &mut Found) {
    for (index, id, kind) in read.nodes() {
        let node = (index, id);
        match kind {
            NodeKind::SendMessage(send) => template(read, node, &send.message, found),
            NodeKind::Ask(ask) => template(read, node, &ask.message, found),
            NodeKind::StartFlow(start) => sub_flow(read, node, start.flow_id, found),
            NodeKind::Handoff(hand_off) => {
                if let (Some(team), Some(known)) = (&hand_off.team_id, &read.surroundings.teams)
                    && !known.contains(team)
                {
                    found.node(Severity::Error, node, "config.teamId", "unknown_team", "there is no such team");
                }
                if let (Some(user), Some(known)) = (&hand_off.user_id, &read.surroundings.users)
                    && !known.contains(user)
                {
                    found.node(Severity::Error, node, "config.userId", "unknown_user", "there is no such user");
                }
            }
            _ => {}
        }
    }
}

fn template(read: &Read<'_>, node: (usize, &str), message: &MessageTemplate, found: &mut Found) {
    let MessageTemplate::Template { template_id, name, language, variables } = message else {
        return;
    };
    let Some(known) = &read.surroundings.templates else {
        return;
    };
    let language = language.as_deref().unwrap_or(read.document.language());
    let meant: Vec<&KnownTemplate> = match (template_id, name) {
        (Some(id), _) => known.iter().filter(|one| one.id == *id).collect(),
        (None, Some(name)) => known.iter().filter(|one| one.name == *name && one.language == language).collect(),
        (None, None) => return,
    };
    let Some(one) = meant.first() else {
        let (field, what) = match (template_id, name) {
            (None, Some(name)) => ("config.message.name", format!("there is no template `{name}` in `{language}`")),
            _ => ("config.message.templateId", "there is no such template".to_owned()),
        };
        found.node(Severity::Error, node, field, "unknown_template", what);
        return;
    };
    if !meant.iter().any(|one| one.is_approved) {
        let message = format!("the platform does not send the template `{}` now", one.name);
        found.node(Severity::Warning, node, "config.message", "template_not_approved", message);
    }
    let Some(places) = &one.places else {
        return;
    };
    for place in places.iter().filter(|place| !variables.contains_key(*place)) {
        let message = format!("nothing fills the template's place `{place}`");
        found.node(Severity::Error, node, "config.message.variables", "template_place", message);
    }
    for place in variables.keys().filter(|name| !places.contains(name)) {
        let field = format!("config.message.variables.{place}");
        found.node(Severity::Error, node, &field, "template_place", "the template has no such place");
    }
}

fn sub_flow(read: &Read<'_>, node: (usize, &str), flow: FlowId, found: &mut Found) {
    let field = "config.flowId";
    if read.surroundings.flow_id == Some(flow) {
        found.node(Severity::Error, node, field, "recursion", "a flow cannot start itself");
        return;
    }
    let Some(known) = &read.surroundings.flows else {
        return;
    };
    let find = |id: FlowId| known.iter().find(|one| one.id == id);
    match find(flow) {
        None => found.node(Severity::Error, node, field, "unknown_flow", "there is no such flow"),
        Some(one) if !one.published => {
            let message = format!("the flow `{}` was never published", one.name);
            found.node(Severity::Error, node, field, "unpublished_flow", message);
        }
        Some(_) => {
            let starts = |id: FlowId| find(id).map(|one| one.starts.clone()).unwrap_or_default();
            match read.surroundings.flow_id {
                Some(own) if leads_to(flow, own, starts) => {
                    found.node(
                        Severity::Error,
                        node,
                        field,
                        "recursion",
                        "the flow that it starts leads back to this one",
                    );
                }
                _ if depth(flow, &starts, &mut HashSet::new()) + 1 > DEPTH => {
                    let message = format!("flows lie more than {DEPTH} deep inside one another here");
                    found.node(Severity::Error, node, field, "too_deep", message);
                }
                _ => {}
            }
        }
    }
}

fn leads_to(from: FlowId, to: FlowId, starts: impl Fn(FlowId) -> Vec<FlowId>) -> bool {
    let (mut seen, mut open) = (HashSet::new(), vec![from]);
    while let Some(flow) = open.pop() {
        if flow == to {
            return true;
        }
        if seen.insert(flow) {
            open.extend(starts(flow));
        }
    }
    false
}

/// How many flows lie inside one another from `flow` on; one that leads back to itself is as deep as can be.
fn depth(flow: FlowId, starts: &impl Fn(FlowId) -> Vec<FlowId>, above: &mut HashSet<FlowId>) -> usize {
    if above.len() >= DEPTH || !above.insert(flow) {
        return DEPTH;
    }
    let below = starts(flow).into_iter().map(|next| depth(next, starts, above)).max().unwrap_or(0);
    above.remove(&flow);
    below + 1
}
