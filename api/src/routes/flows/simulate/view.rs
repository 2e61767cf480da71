//! What a simulation shows.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::domain::ids::{FlowId, MessageId};
use shared::flow::effect::{Outgoing, Passage};
use shared::flow::session::Waiting;
use shared::flow::{Effect, Session};
use utoipa::ToSchema;

use super::request::{ContactBody, SimulationState};
use crate::routes::messages::SaidView;

/// A conversation that was played.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Simulation)]
pub(in super::super) struct SimulationView {
    /// What happened: the beginning first, where it began, then a step for each event.
    pub(super) steps: Vec<StepView>,
    /// Where it stands; none where no session is under way.
    pub(super) standing: Option<StandingView>,
    /// The customer, as the flow has left them.
    pub(super) contact: ContactBody,
    /// To be handed back to go on.
    pub(super) state: SimulationState,
}

/// What became of one event.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SimulationStep)]
pub(super) struct StepView {
    /// The virtual time after it.
    pub(super) at: DateTime<Utc>,
    /// Whether the flow did anything with it.
    pub(super) used: bool,
    /// What the customer would read.
    pub(super) messages: Vec<SimulatedMessage>,
    /// What else would be done: `set_attribute`, `call`, `hand_off`, `wait` ...
    #[schema(value_type = Vec<Object>)]
    pub(super) effects: Vec<Value>,
    /// The nodes that were gone through.
    pub(super) trace: Vec<TraceView>,
    /// How the session ended, where it did: `{"how": "completed"}`, or `failed` with the node and why.
    #[schema(value_type = Option<Object>)]
    pub(super) ended: Option<Value>,
}

/// A message of a flow that nobody is sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SimulatedMessage {
    id: MessageId,
    node_id: String,
    #[serde(flatten)]
    said: SaidView,
    /// Not before this moment.
    not_before: Option<DateTime<Utc>>,
    /// Whether it is a question.
    asks: bool,
}

/// A node that was gone through.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SimulatedNode)]
pub(super) struct TraceView {
    flow_id: FlowId,
    node_id: String,
    /// The way out that was taken, where it was left.
    outlet: Option<String>,
}

/// Where a session stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SimulatedStanding)]
pub(super) struct StandingView {
    flow_id: FlowId,
    node_id: String,
    /// `answer`, `moment`, `call` or `ai`.
    waiting_for: String,
    /// Until when, where there is a limit.
    until: Option<DateTime<Utc>>,
    /// What the flow has learnt.
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
}

impl StepView {
    /// Notes one effect.
    pub(super) fn note(&mut self, effect: &Effect) {
        match effect {
            Effect::Send { message_id, node_id, content, asks, not_before } => {
                let said = match content {
                    Outgoing::Content(content) => SaidView::from(&**content),
                    Outgoing::TemplateById { template_id, variables } => {
                        SaidView::other("template", json!({ "templateId": template_id, "variables": variables }))
                    }
                };
                let (id, node_id) = (*message_id, node_id.clone());
                self.messages.push(SimulatedMessage { id, node_id, said, not_before: *not_before, asks: *asks });
            }
            Effect::Passed { flow_id, node_id, passage, .. } => self.trace_passage(*flow_id, node_id, passage),
            Effect::Ended(end) => self.ended = serde_json::to_value(end).ok(),
            other => self.effects.extend(serde_json::to_value(other).ok().map(spelled)),
        }
    }

    fn trace_passage(&mut self, flow_id: FlowId, node_id: &str, passage: &Passage) {
        match passage {
            Passage::Entered => {
                self.trace.push(TraceView { flow_id, node_id: node_id.to_owned(), outlet: None });
            }
            Passage::Left { outlet } => {
                let is_it = |node: &&mut TraceView| node.node_id == node_id && node.flow_id == flow_id;
                let outlet = Some(outlet.clone());
                if let Some(node) = self.trace.iter_mut().rev().find(is_it) {
                    node.outlet = outlet;
                    return;
                }
                // It was entered by an earlier event.
                self.trace.push(TraceView { flow_id, node_id: node_id.to_owned(), outlet });
            }
            Passage::Replied { .. } | Passage::Converted { .. } | Passage::Completed { .. } => {}
        }
    }
}

impl StandingView {
    /// Where `session` stands; none where it is over.
    pub(super) fn of(session: &Session, state: &SimulationState) -> Option<Self> {
        let frame = session.frames.last()?;
        let waiting = serde_json::to_value(&session.waiting).ok()?;
        let waiting_for = waiting["for"].as_str()?.to_owned();
        if session.waiting == Waiting::Over {
            return None;
        }
        let wait = waiting["wait"].as_u64().or_else(|| waiting["timeout"].as_u64());
        let wait = wait.and_then(|wait| u32::try_from(wait).ok());
        Some(Self {
            flow_id: frame.flow_id,
            node_id: frame.node_id.clone(),
            waiting_for,
            until: wait.and_then(|wait| state.waits.get(&wait).copied()),
            variables: session.variables.clone(),
        })
    }
}

/// An effect with its fields as the API spells them; what is in them stays.
fn spelled(effect: Value) -> Value {
    let Value::Object(effect) = effect else {
        return effect;
    };
    Value::Object(effect.into_iter().map(|(field, value)| (camel(&field), value)).collect())
}

fn camel(field: &str) -> String {
    let mut parts = field.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + &crate::openapi::capital(part))
}
