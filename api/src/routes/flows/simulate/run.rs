//! A simulation under way: the engine is told what happens, and what it wants done is noted and not done.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{ContactId, ConversationId, FlowSessionId, MerchantId, MessageId};
use shared::domain::message::received::{Surroundings, Tap, TapOf};
use shared::domain::message::{Content, Said};
use shared::flow::engine::{self, Stepped};
use shared::flow::event::{CallOutcome, Incoming};
use shared::flow::session::Waiting;
use shared::flow::trigger::TriggerIndex;
use shared::flow::{Effect, Event, Plan};

use super::facts::{self, Due};
use super::plans::{Library, Whole};
use super::request::{AccountBody, Body, CalledBody, EventBody, SimulationState};
use super::view::{SimulationView, StandingView, StepView};
use crate::error::ApiError;

/// What one event leads to at most: steps of the engine.
const MOST_STEPS: usize = 200;
/// The code of a message that is told not to arrive.
const FAILED: &str = "simulated";

/// Where a simulation takes place.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) merchant: MerchantId,
    pub(super) channel: Channel,
    pub(super) shop_name: String,
    pub(super) account: AccountBody,
}

/// A simulation under way.
pub(super) struct Run<'a> {
    plans: Whole<'a>,
    setting: Setting,
    state: SimulationState,
    /// Begins with these.
    variables: Map<String, Value>,
    begins_at_once: bool,
    triggers: TriggerIndex,
}

impl<'a> Run<'a> {
    /// A simulation of `plan`, from its beginning or from where it stood.
    pub(super) fn new(plan: &'a Plan, library: &'a Library, setting: Setting, body: &Body) -> Result<Self, ApiError> {
        let is_new = body.state.is_none();
        let mut state = body.state.clone().unwrap_or_else(|| SimulationState {
            session: None,
            now: body.now.unwrap_or_else(clock::now),
            contact: body.contact.clone().unwrap_or_default(),
            conversation_id: ConversationId::new(),
            last_inbound_at: None,
            waits: std::collections::BTreeMap::new(),
            sending: Vec::new(),
            call: None,
            last_sent: None,
        });
        if let Some(contact) = body.contact.clone().filter(|_| !is_new) {
            state.contact = contact;
        }
        if body.language.is_some() {
            state.contact.locale.clone_from(&body.language);
        }
        state.contact.id.get_or_insert_with(ContactId::new);
        let is_another = |session: &shared::flow::Session| {
            session.frames.first().is_some_and(|frame| (frame.flow_id, frame.version) != (plan.flow_id, plan.version))
        };
        if state.session.as_ref().is_some_and(is_another) {
            return Err(ApiError::invalid("state", "is of a simulation of another flow"));
        }
        let variables = body.variables.clone().unwrap_or_default();
        let triggers = TriggerIndex::of(std::iter::once(plan));
        Ok(Self {
            plans: Whole { plan, library },
            setting,
            state,
            variables,
            begins_at_once: is_new && !body.by_trigger,
            triggers,
        })
    }

    /// Plays `events`.
    pub(super) fn play(mut self, events: &[EventBody]) -> SimulationView {
        let mut steps = Vec::new();
        if self.begins_at_once {
            // Whoever is spoken to has written, or nothing free-form could be said.
            self.state.last_inbound_at = Some(self.state.now);
            let mut step = StepView::default();
            self.begin(None, &mut step);
            steps.push(self.shown(step));
        }
        for event in events {
            let mut step = StepView::default();
            self.happen(event, &mut step);
            steps.push(self.shown(step));
        }
        let standing = self.state.session.as_ref().and_then(|session| StandingView::of(session, &self.state));
        SimulationView { steps, standing, contact: self.state.contact.clone(), state: self.state }
    }

    fn shown(&self, step: StepView) -> StepView {
        StepView { at: self.state.now, ..step }
    }

    fn happen(&mut self, event: &EventBody, step: &mut StepView) {
        if let Some(text) = &event.say {
            self.hear(Content::text_of(text.clone()), step);
        } else if let Some(id) = &event.tap {
            let tap = Tap { of: TapOf::Button, id: id.clone(), title: id.clone(), description: None };
            self.hear(Content::Tap(tap), step);
        } else if let Some(seconds) = event.pass {
            self.pass(seconds, step);
        } else if let Some(called) = &event.called {
            if let Some(call) = self.state.call.take() {
                self.tell(&Event::Called { call, outcome: outcome(called) }, step);
            }
        } else if event.fail_send == Some(true) {
            if let Some(message_id) = self.state.last_sent {
                let reason = "the simulation says so".to_owned();
                self.tell(&Event::SendFailed { message_id, code: FAILED.to_owned(), reason }, step);
            }
        } else if let Some(done) = &event.ai_done {
            self.tell(&Event::AiDone { wants_person: done.wants_person }, step);
        }
    }

    /// The customer says something: to the session, or to the flow's triggers where none is under way.
    fn hear(&mut self, content: Content, step: &mut StepView) {
        self.state.last_inbound_at = Some(self.state.now);
        let said = Said { content, surroundings: Surroundings::default() };
        let incoming = Incoming { message_id: MessageId::new(), reply_to: None, at: self.state.now, said };
        if self.state.session.is_some() {
            self.tell(&Event::Said(incoming), step);
        } else if !self.triggers.by_message(&incoming).is_empty() {
            self.begin(Some(&incoming), step);
        }
    }

    fn pass(&mut self, seconds: u64, step: &mut StepView) {
        let seconds = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1_000));
        let until = self.state.now.checked_add_signed(seconds).unwrap_or(DateTime::<Utc>::MAX_UTC);
        for _ in 0..MOST_STEPS {
            let Some((due, what)) = self.state.next_due(until) else { break };
            self.state.now = self.state.now.max(due);
            match what {
                Due::Wait(wait) => {
                    self.state.waits.remove(&wait);
                    self.tell(&Event::Due { wait }, step);
                }
                Due::Sending(at) => {
                    let (at, message_id) = self.state.sending.remove(at);
                    self.tell(&Event::Sent { message_id, at }, step);
                }
            }
        }
        self.state.now = until;
    }

    fn begin(&mut self, occasion: Option<&Incoming>, step: &mut StepView) {
        let world = facts::world(&self.setting, &self.state);
        let variables = std::mem::take(&mut self.variables);
        let id = FlowSessionId::new();
        let stepped = engine::begin(&self.plans, self.plans.plan, id, variables, occasion, &world);
        self.take(stepped, step);
    }

    fn tell(&mut self, event: &Event, step: &mut StepView) {
        let Some(session) = self.state.session.take() else { return };
        let world = facts::world(&self.setting, &self.state);
        let stepped = engine::step(&self.plans, session, event, &world);
        self.take(stepped, step);
    }

    /// Notes what the engine wants done. A question counts as sent at once, or when its delay is over.
    fn take(&mut self, stepped: Stepped, step: &mut StepView) {
        step.used |= stepped.used;
        let is_over = stepped.session.waiting == Waiting::Over;
        self.state.session = Some(stepped.session).filter(|_| !is_over);
        let mut sent = Vec::new();
        for effect in stepped.effects {
            step.note(&effect);
            self.state.contact.change(&effect);
            match effect {
                Effect::Send { message_id, asks, not_before, .. } => {
                    self.state.last_sent = Some(message_id);
                    match not_before.filter(|due| *due > self.state.now) {
                        Some(due) if asks => self.state.sending.push((due, message_id)),
                        None if asks => sent.push(message_id),
                        _ => {}
                    }
                }
                Effect::Wait { wait, due } => {
                    self.state.waits.insert(wait, due);
                }
                Effect::Forget { wait } => {
                    self.state.waits.remove(&wait);
                }
                Effect::Call { call, .. } => self.state.call = Some(call),
                Effect::Ended(_) => {
                    self.state.waits.clear();
                    self.state.sending.clear();
                    self.state.call = None;
                }
                _ => {}
            }
        }
        for message_id in sent {
            let at = self.state.now;
            self.tell(&Event::Sent { message_id, at }, step);
        }
    }
}

fn outcome(called: &CalledBody) -> CallOutcome {
    match (called.status, &called.failed) {
        (Some(status), _) => CallOutcome::Answered { status, body: called.body.clone() },
        (None, reason) => CallOutcome::Failed { reason: reason.clone().unwrap_or_default() },
    }
}
