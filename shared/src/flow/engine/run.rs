//! One step: from node to node until the session waits or is over.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Known, LARGEST_SESSION, LARGEST_VALUE, MOST_FRAMES, MOST_VARIABLES, MOST_VISITS, Plan, Plans, Stepped};
use crate::domain::ids::{FlowId, MessageId};
use crate::flow::definition::{Node, NodeKind};
use crate::flow::document::NEXT;
use crate::flow::effect::{Effect, Passage};
use crate::flow::event::Incoming;
use crate::flow::session::{Arm, End, Failure, Frame, Session, Waiting};
use crate::flow::world::{ContactFacts, World};

/// Most characters that are kept of what the customer said.
const SAID: usize = 1024;

/// A step under way.
pub(super) struct Run<'a> {
    plans: &'a dyn Plans,
    pub(super) world: &'a World,
    /// The customer as they stand after the nodes of this step.
    pub(super) contact: Cow<'a, ContactFacts>,
    pub(super) session: Session,
    pub(super) effects: Vec<Effect>,
    visits: u32,
    /// Before this moment nothing more goes out: a message before has a delay.
    pub(super) not_before: Option<DateTime<Utc>>,
    /// The message that this step answers.
    pub(super) message: Option<MessageId>,
}

/// Where a step goes on.
pub(super) enum Step {
    /// At a node of the flow it is in.
    Enter(String),
    /// Out of the node it stands at.
    Leave(String),
    /// Into another flow.
    Descend(FlowId),
    /// Out of the flow it is in: back to the one that started it.
    Return,
    /// Nowhere: it waits.
    Rest,
    /// Nowhere: it is over.
    Over(End),
}

/// Why a step cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) code: &'static str,
    pub(super) reason: String,
}

impl Broken {
    pub(super) fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(plans: &'a dyn Plans, session: Session, world: &'a World) -> Self {
        Self {
            plans,
            world,
            contact: Cow::Borrowed(&world.contact),
            session,
            effects: Vec::new(),
            visits: 0,
            not_before: None,
            message: None,
        }
    }

    /// Keeps what the customer said for texts and conditions.
    pub(super) fn hear(&mut self, incoming: &Incoming) {
        self.message = Some(incoming.message_id);
        if let Some(text) = incoming.content().text() {
            self.session.said = Some(text.chars().take(SAID).collect());
        }
    }

    /// Goes on until the session waits or is over.
    pub(super) fn go(&mut self, step: Step) {
        let mut step = step;
        loop {
            let gone = match step {
                Step::Enter(node) => self.enter(&node),
                Step::Leave(outlet) => self.leave(&outlet),
                Step::Descend(flow) => self.descend(flow),
                Step::Return => Ok(self.come_back()),
                Step::Rest => return,
                Step::Over(end) => return self.over(end),
            };
            step = match gone {
                Ok(next) => next,
                Err(broken) => return self.fail(broken),
            };
        }
    }

    fn enter(&mut self, id: &str) -> Result<Step, Broken> {
        self.visits += 1;
        if self.visits > MOST_VISITS {
            let reason =
                format!("one event led through more than {MOST_VISITS} nodes: a loop without a wait or a question");
            return Err(Broken::new("too_many_nodes", reason));
        }
        self.session.counters.visits += 1;
        let plan = self.plan()?;
        let node = plan.node(id).ok_or_else(|| Broken::new("unknown_node", format!("there is no node `{id}`")))?;
        if let Some(frame) = self.session.frames.last_mut() {
            node.id.clone_into(&mut frame.node_id);
        }
        self.passed(Passage::Entered);
        if node.goal {
            self.reach_goal();
        }
        self.act(plan, node)
    }

    fn leave(&mut self, outlet: &str) -> Result<Step, Broken> {
        let (plan, node) = self.here()?;
        self.passed(Passage::Left { outlet: outlet.to_owned() });
        if let Some(next) = plan.way(&node.id, outlet) {
            return Ok(Step::Enter(next.id.clone()));
        }
        // Who cannot be helped by the flow is helped by a person, where its author drew no other way.
        let is_help = matches!((&node.kind, outlet), (NodeKind::Ask(_), "failed") | (NodeKind::AiReply(_), "handoff"));
        if is_help {
            self.effects.push(Effect::HandOff { team_id: None, user_id: None, note: None });
            return Ok(Step::Over(End::HandedOff));
        }
        Err(Broken::new("no_way_out", format!("no edge leaves by `{outlet}`")))
    }

    fn descend(&mut self, flow: FlowId) -> Result<Step, Broken> {
        if self.session.frames.len() >= MOST_FRAMES {
            return Err(Broken::new("too_deep", format!("more than {MOST_FRAMES} flows, one inside the other")));
        }
        let unknown = || Broken::new("flow_not_found", "the flow that it starts is not active");
        let plan = self.plans.published(flow).ok_or_else(unknown)?;
        let first = plan.first().ok_or_else(unknown)?.id.clone();
        self.session.frames.push(Frame { flow_id: plan.flow_id, version: plan.version, node_id: first.clone() });
        Ok(Step::Enter(first))
    }

    fn come_back(&mut self) -> Step {
        if self.session.frames.len() <= 1 {
            return Step::Over(End::Completed);
        }
        self.session.frames.pop();
        Step::Leave(NEXT.to_owned())
    }

    fn over(&mut self, end: End) {
        if matches!(end, End::Completed | End::HandedOff) {
            for at in 0..self.session.arms.len() {
                let arm = self.session.arms[at].clone();
                self.of_arm(&arm, Passage::Completed { arm: arm.arm.clone() });
            }
        }
        self.session.waiting = Waiting::Over;
        self.effects.push(Effect::Ended(end));
    }

    /// Ends the session: a person has the conversation, and the author is told.
    pub(super) fn fail(&mut self, broken: Broken) {
        if let Some(wait) = self.session.waiting.wait() {
            self.effects.push(Effect::Forget { wait });
        }
        let frame = self.session.frames.last();
        let failure = Failure {
            flow_id: frame.map_or(FlowId(uuid::Uuid::nil()), |frame| frame.flow_id),
            version: frame.map_or(0, |frame| frame.version),
            node_id: frame.map(|frame| frame.node_id.clone()).unwrap_or_default(),
            code: broken.code.to_owned(),
            reason: broken.reason,
        };
        self.effects.push(Effect::HandOff { team_id: None, user_id: None, note: None });
        self.over(End::Failed(failure));
    }

    /// What came of it.
    pub(super) fn finish(mut self, used: bool) -> Stepped {
        if used {
            self.session.moved_at = self.world.now;
        }
        if self.session.waiting != Waiting::Over
            && let Err(broken) = self.fits()
        {
            self.fail(broken);
        }
        if self.session.waiting == Waiting::Over {
            // Nobody reads them again.
            self.session.variables.clear();
        }
        Stepped { session: self.session, effects: self.effects, used }
    }

    fn fits(&self) -> Result<(), Broken> {
        let size = serde_json::to_vec(&self.session).map_or(usize::MAX, |json| json.len());
        if size <= LARGEST_SESSION {
            return Ok(());
        }
        Err(Broken::new("session_too_large", format!("it has learnt more than {LARGEST_SESSION} bytes")))
    }

    /// Keeps a value under a name.
    pub(super) fn keep(&mut self, name: &str, value: Value) -> Result<(), Broken> {
        let size = serde_json::to_vec(&value).map_or(usize::MAX, |json| json.len());
        if size > LARGEST_VALUE {
            let reason = format!("the variable `{name}` would be larger than {LARGEST_VALUE} bytes");
            return Err(Broken::new("value_too_large", reason));
        }
        if self.session.variables.len() >= MOST_VARIABLES && !self.session.variables.contains_key(name) {
            return Err(Broken::new("too_many_variables", format!("it keeps more than {MOST_VARIABLES} variables")));
        }
        self.session.variables.insert(name.to_owned(), value);
        Ok(())
    }

    /// The node it stands at.
    pub(super) fn here(&self) -> Result<(&'a Plan, &'a Node), Broken> {
        let plan = self.plan()?;
        let id = self.session.frames.last().map(|frame| frame.node_id.as_str()).unwrap_or_default();
        let node = plan.node(id).ok_or_else(|| Broken::new("unknown_node", format!("there is no node `{id}`")))?;
        Ok((plan, node))
    }

    fn plan(&self) -> Result<&'a Plan, Broken> {
        let frame = self.session.frames.last();
        let plan = frame.and_then(|frame| self.plans.version(frame.flow_id, frame.version));
        plan.ok_or_else(|| Broken::new("flow_not_found", "the version it began with is not there any more"))
    }

    /// What texts and conditions are told.
    pub(super) fn known<'s>(&'s self, plan: &'s Plan) -> Known<'s> {
        Known {
            plan,
            world: self.world,
            contact: &self.contact,
            variables: &self.session.variables,
            said: self.session.said.as_deref(),
        }
    }

    fn passed(&mut self, passage: Passage) {
        if let Some(frame) = self.session.frames.last() {
            let (flow_id, version, node_id) = (frame.flow_id, frame.version, frame.node_id.clone());
            self.effects.push(Effect::Passed { flow_id, version, node_id, passage });
        }
    }

    pub(super) fn of_arm(&mut self, arm: &Arm, passage: Passage) {
        let (flow_id, version, node_id) = (arm.flow_id, arm.version, arm.node_id.clone());
        self.effects.push(Effect::Passed { flow_id, version, node_id, passage });
    }

    /// Counts, once an arm, that the customer answered.
    pub(super) fn reply(&mut self) {
        for at in 0..self.session.arms.len() {
            if !std::mem::replace(&mut self.session.arms[at].replied, true) {
                let arm = self.session.arms[at].clone();
                self.of_arm(&arm, Passage::Replied { arm: arm.arm.clone() });
            }
        }
    }

    fn reach_goal(&mut self) {
        for at in 0..self.session.arms.len() {
            if !std::mem::replace(&mut self.session.arms[at].converted, true) {
                let arm = self.session.arms[at].clone();
                self.of_arm(&arm, Passage::Converted { arm: arm.arm.clone() });
            }
        }
    }
}
