//! What happens to a session, and what it does about it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::run::{Broken, Run, Step};
use super::{LARGEST_VALUE, answer, pace};
use crate::domain::deterministic;
use crate::domain::ids::MessageId;
use crate::domain::message::Content;
use crate::flow::definition::{Ask, HttpRequest, Node, NodeKind};
use crate::flow::document::NEXT;
use crate::flow::effect::Effect;
use crate::flow::event::{CallOutcome, Event, Incoming};
use crate::flow::session::Waiting;

impl Run<'_> {
    /// Takes an event; says whether it was one for this session.
    pub(super) fn receive(&mut self, event: &Event) -> bool {
        match event {
            Event::Said(incoming) => self.said(incoming),
            Event::Sent { message_id, at } => self.sent(*message_id, *at),
            Event::SendFailed { message_id, code, .. } => self.send_failed(*message_id, code),
            Event::Due { wait } => self.due(*wait),
            Event::Called { call, outcome } => self.called(*call, outcome),
            Event::AiDone { wants_person } => {
                if self.session.waiting != Waiting::Ai {
                    return false;
                }
                let outlet = if *wants_person { "handoff" } else { NEXT };
                self.go_on(Step::Leave(outlet.to_owned()));
                true
            }
        }
    }

    /// Goes on from where it waited.
    fn go_on(&mut self, step: Step) {
        self.session.waiting = Waiting::Over;
        self.go(step);
    }

    fn said(&mut self, incoming: &Incoming) -> bool {
        if self.session.waiting == Waiting::Over || !is_said(incoming.content()) {
            return false;
        }
        self.hear(incoming);
        self.reply();
        let Waiting::Answer { asked, timeout, .. } = self.session.waiting else {
            return false;
        };
        match self.here() {
            Ok((plan, node)) => {
                let NodeKind::Ask(ask) = &node.kind else {
                    self.fail(Broken::new("unknown_node", "it waits for an answer at a node that asks nothing"));
                    return true;
                };
                let valid = answer::read(plan, node, ask, incoming, &self.known(plan));
                if let Some(wait) = timeout {
                    self.effects.push(Effect::Forget { wait });
                }
                // From here on no timeout is under way, whatever comes.
                self.session.waiting = Waiting::Over;
                let step = match valid {
                    Some(answer) => self.accept(ask, answer),
                    None if asked > ask.again.times => Ok(Step::Leave("failed".to_owned())),
                    None => self.ask(plan, ask, asked + 1, ask.again.message.as_ref()),
                };
                match step {
                    Ok(step) => self.go(step),
                    Err(broken) => self.fail(broken),
                }
            }
            Err(broken) => self.fail(broken),
        }
        true
    }

    fn accept(&mut self, ask: &Ask, answer: answer::Answer) -> Result<Step, Broken> {
        if let Some(variable) = &ask.variable {
            self.keep(variable, answer.value.clone())?;
        }
        if let Some(attribute) = &ask.attribute {
            self.change_attribute(attribute, answer.value)?;
        }
        Ok(Step::Leave(answer.outlet))
    }

    /// The time to answer begins once the question was sent; one that was answered before has none.
    fn sent(&mut self, message: MessageId, at: DateTime<Utc>) -> bool {
        let Waiting::Answer { message_id, asked, timeout: None } = self.session.waiting else {
            return false;
        };
        if message_id != message {
            return false;
        }
        let Ok((_, Node { kind: NodeKind::Ask(ask), .. })) = self.here() else {
            return false;
        };
        let Some(due) = ask.timeout.and_then(|seconds| pace::after(at, seconds)) else {
            return true;
        };
        let wait = self.next_wait();
        self.effects.push(Effect::Wait { wait, due });
        self.session.waiting = Waiting::Answer { message_id, asked, timeout: Some(wait) };
        true
    }

    /// A message that never arrives breaks the flow: what comes behind it would make no sense.
    fn send_failed(&mut self, message: MessageId, code: &str) -> bool {
        let is_ours = deterministic::is_flow_message(self.session.id, self.session.counters.messages, message);
        if self.session.waiting == Waiting::Over || !is_ours {
            return false;
        }
        self.fail(Broken::new("send_failed", format!("a message could not be delivered: {code}")));
        true
    }

    fn due(&mut self, number: u32) -> bool {
        match self.session.waiting {
            Waiting::Moment { wait } if wait == number => {
                self.go_on(Step::Leave(NEXT.to_owned()));
                true
            }
            Waiting::Answer { timeout: Some(wait), .. } if wait == number => {
                self.go_on(Step::Leave("timed_out".to_owned()));
                true
            }
            _ => false,
        }
    }

    fn called(&mut self, number: u32, outcome: &CallOutcome) -> bool {
        if self.session.waiting != (Waiting::Call { call: number }) {
            return false;
        }
        self.session.waiting = Waiting::Over;
        let Ok((_, Node { kind: NodeKind::HttpRequest(request), .. })) = self.here() else {
            self.fail(Broken::new("unknown_node", "it waits for a call at a node that makes none"));
            return true;
        };
        match self.save(request, outcome) {
            Ok(outlet) => self.go(Step::Leave(outlet.to_owned())),
            Err(broken) => self.fail(broken),
        }
        true
    }

    /// Keeps what the answer holds at the pointers that are named; gives the way out. A variable whose pointer leads
    /// nowhere is not set, and not left from a call before.
    fn save(&mut self, request: &HttpRequest, outcome: &CallOutcome) -> Result<&'static str, Broken> {
        let CallOutcome::Answered { status: 200..=299, body } = outcome else {
            return Ok("failed");
        };
        let found: Vec<(&String, Option<&Value>)> = request
            .save
            .iter()
            .map(|(name, pointer)| (name, body.pointer(pointer).filter(|value| !value.is_null())))
            .collect();
        let size = |value: &Value| serde_json::to_vec(value).map_or(usize::MAX, |json| json.len());
        if found.iter().filter_map(|(_, value)| *value).any(|value| size(value) > LARGEST_VALUE) {
            return Ok("failed");
        }
        for (name, value) in found {
            match value {
                Some(value) => self.keep(name, value.clone())?,
                None => drop(self.session.variables.remove(name)),
            }
        }
        Ok("ok")
    }
}

/// Whether the customer said something that can be an answer: not a reaction, a correction or the platform's news.
fn is_said(content: &Content) -> bool {
    !matches!(
        content,
        Content::Reaction { .. }
            | Content::System(_)
            | Content::Edit { .. }
            | Content::Revoke { .. }
            | Content::Welcome
    )
}
