//! What each node does when it is entered.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::run::{Broken, Run, Step};
use super::{Plan, pace};
use crate::domain::consent::Purpose;
use crate::flow::definition::{self, AiReply, HandOff, HttpRequest, MessageTemplate, Node, NodeKind, SetAttribute};
use crate::flow::document::NEXT;
use crate::flow::effect::{Effect, Request};
use crate::flow::session::{Arm, End, Waiting};
use crate::flow::texts::NotFilled;

/// Longest tag that a flow gives.
const LONGEST_TAG: usize = 64;

impl From<NotFilled> for Broken {
    fn from(NotFilled(reason): NotFilled) -> Self {
        Self::new("text_not_rendered", reason)
    }
}

impl Run<'_> {
    pub(super) fn act(&mut self, plan: &Plan, node: &Node) -> Result<Step, Broken> {
        let next = || Ok(Step::Leave(NEXT.to_owned()));
        match &node.kind {
            NodeKind::SendMessage(send) => {
                self.say(plan, &send.message, false, send.delay)?;
                next()
            }
            NodeKind::Ask(ask) => self.ask(plan, ask, 1, None),
            NodeKind::Condition(condition) => {
                let known = self.known(plan);
                let branch = condition.branches.iter().find(|branch| branch.when.holds(&known));
                Ok(Step::Leave(branch.map_or("else", |branch| branch.name.as_str()).to_owned()))
            }
            NodeKind::AbSplit { arms } => self.split(node, arms),
            NodeKind::Wait(wait) => self.wait(wait),
            NodeKind::SetAttribute(set) => {
                self.set_attribute(plan, set)?;
                next()
            }
            NodeKind::AddTag { tag } => {
                let tag = self.tag(plan, tag)?;
                if self.contact.to_mut().tags.insert(tag.clone()) {
                    self.effects.push(Effect::AddTag { tag });
                }
                next()
            }
            NodeKind::RemoveTag { tag } => {
                let tag = self.tag(plan, tag)?;
                if self.contact.to_mut().tags.remove(&tag) {
                    self.effects.push(Effect::RemoveTag { tag });
                }
                next()
            }
            NodeKind::OptIn { purpose } => {
                self.consent(*purpose, true);
                next()
            }
            NodeKind::OptOut { purpose } => {
                self.consent(*purpose, false);
                next()
            }
            NodeKind::HttpRequest(request) => self.call(plan, node, request),
            NodeKind::AiReply(reply) => self.ask_ai(plan, reply),
            NodeKind::Handoff(hand_off) => self.hand_off(plan, hand_off),
            NodeKind::Close(close) => {
                self.effects.push(Effect::Close { reason: close.reason.clone() });
                Ok(Step::Over(End::Completed))
            }
            NodeKind::StartFlow(start) => Ok(Step::Descend(start.flow_id)),
            NodeKind::Jump { to } => Ok(Step::Enter(to.clone())),
            NodeKind::End {} => Ok(Step::Return),
        }
    }

    /// Puts the customer on an arm: by a hash, so that the same customer always lands on the same.
    fn split(&mut self, node: &Node, arms: &[definition::Arm]) -> Result<Step, Broken> {
        let Some(frame) = self.session.frames.last() else {
            return Err(Broken::new("unknown_node", "it stands nowhere"));
        };
        let (flow_id, version) = (frame.flow_id, frame.version);
        let whom = self.contact.id.map_or(self.world.conversation.id.0, |contact| contact.0);
        let mut hash = Sha256::new();
        hash.update(flow_id.0.as_bytes());
        hash.update(whom.as_bytes());
        hash.update(node.id.as_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let arm = drawn(arms, &digest).ok_or_else(|| Broken::new("no_arms", "no arm has a weight"))?;
        let is_known = |known: &Arm| (known.flow_id, known.version, &known.node_id) == (flow_id, version, &node.id);
        if !self.session.arms.iter().any(is_known) {
            let node_id = node.id.clone();
            let arm = arm.to_owned();
            self.session.arms.push(Arm { flow_id, version, node_id, arm, replied: false, converted: false });
        }
        Ok(Step::Leave(arm.to_owned()))
    }

    fn wait(&mut self, wait: &definition::Wait) -> Result<Step, Broken> {
        let zone = self.contact.timezone.unwrap_or(self.world.account.timezone);
        let due = pace::due(wait, self.world.now, zone)
            .ok_or_else(|| Broken::new("no_moment", "there is no moment that it could wait for"))?;
        if due <= self.world.now {
            return Ok(Step::Leave(NEXT.to_owned()));
        }
        let number = self.next_wait();
        self.effects.push(Effect::Wait { wait: number, due });
        self.session.waiting = Waiting::Moment { wait: number };
        Ok(Step::Rest)
    }

    pub(super) fn next_wait(&mut self) -> u32 {
        self.session.counters.waits += 1;
        self.session.counters.waits
    }

    fn set_attribute(&mut self, plan: &Plan, set: &SetAttribute) -> Result<(), Broken> {
        let value = plan.texts.fill_json(&set.value, &self.known(plan))?;
        self.change_attribute(&set.name, value)
    }

    /// Sets an attribute of the customer, here and by an effect.
    pub(super) fn change_attribute(&mut self, name: &str, value: Value) -> Result<(), Broken> {
        if serde_json::to_vec(&value).map_or(usize::MAX, |json| json.len()) > super::LARGEST_VALUE {
            return Err(Broken::new("value_too_large", format!("the attribute `{name}` would be too large")));
        }
        let attributes = &mut self.contact.to_mut().attributes;
        if value.is_null() {
            attributes.remove(name);
        } else {
            attributes.insert(name.to_owned(), value.clone());
        }
        self.effects.push(Effect::SetAttribute { name: name.to_owned(), value });
        Ok(())
    }

    fn tag(&self, plan: &Plan, tag: &str) -> Result<String, Broken> {
        let tag = plan.texts.fill(tag, &self.known(plan))?;
        let tag = tag.trim();
        if tag.is_empty() || tag.chars().count() > LONGEST_TAG {
            return Err(Broken::new("no_tag", format!("a tag has 1 to {LONGEST_TAG} characters")));
        }
        Ok(tag.to_owned())
    }

    fn consent(&mut self, purpose: Purpose, granted: bool) {
        self.contact.to_mut().consents.insert(purpose, granted);
        self.effects.push(Effect::Consent { purpose, granted, message_id: self.message });
    }

    fn call(&mut self, plan: &Plan, node: &Node, request: &HttpRequest) -> Result<Step, Broken> {
        let known = self.known(plan);
        let header = |(name, text): (&String, &String)| {
            let value = plan.texts.fill(text, &known)?;
            // A line's end would begin another header.
            Ok((name.clone(), value.replace(['\r', '\n'], " ")))
        };
        let request = Request {
            method: request.method.clone(),
            url: plan.texts.fill_url(&request.url, &known)?,
            headers: request.headers.iter().map(header).collect::<Result<_, NotFilled>>()?,
            body: request.body.as_ref().map(|body| plan.texts.fill_json(body, &known)).transpose()?,
            timeout_seconds: request.timeout.clamp(1, 30),
        };
        self.session.counters.calls += 1;
        let call = self.session.counters.calls;
        self.effects.push(Effect::Call { call, node_id: node.id.clone(), request });
        self.session.waiting = Waiting::Call { call };
        Ok(Step::Rest)
    }

    fn ask_ai(&mut self, plan: &Plan, reply: &AiReply) -> Result<Step, Broken> {
        if !self.world.account.answers_by_ai {
            return Ok(Step::Leave("handoff".to_owned()));
        }
        let known = self.known(plan);
        let instructions = reply.instructions.as_ref().map(|text| plan.texts.fill(text, &known)).transpose()?;
        self.effects.push(Effect::AskAi { instructions });
        self.session.waiting = Waiting::Ai;
        Ok(Step::Rest)
    }

    /// Outside of hours that hand nothing off the customer is told and nobody is called: the flow has done its part.
    fn hand_off(&mut self, plan: &Plan, hand_off: &HandOff) -> Result<Step, Broken> {
        let known = self.known(plan);
        let note = hand_off.note.as_ref().map(|note| plan.texts.fill(note, &known)).transpose()?;
        if let Some(body) = &hand_off.message {
            let message = MessageTemplate::Text { body: body.clone(), preview_url: false };
            self.say(plan, &message, false, 0)?;
        }
        if !self.world.account.hands_off {
            return Ok(Step::Over(End::Completed));
        }
        self.effects.push(Effect::HandOff { team_id: hand_off.team_id, user_id: hand_off.user_id, note });
        Ok(Step::Over(End::HandedOff))
    }
}

/// The arm that a hash falls on.
fn drawn<'a>(arms: &'a [definition::Arm], digest: &[u8; 32]) -> Option<&'a str> {
    let total: u64 = arms.iter().map(|arm| u64::from(arm.weight)).sum();
    let (first, _) = digest.split_first_chunk::<8>()?;
    let mut at = u64::from_be_bytes(*first).checked_rem(total)?;
    for arm in arms {
        let weight = u64::from(arm.weight);
        if at < weight {
            return Some(&arm.name);
        }
        at -= weight;
    }
    None
}
