//! The engine: what becomes of a session when something happens.
//!
//! A step goes from node to node until the session waits or is over. It is bounded in what it visits, says and keeps;
//! what breaks ends the session and hands the conversation to a person.

mod act;
mod answer;
mod known;
mod pace;
mod receive;
mod run;
mod say;

use serde_json::{Map, Value};

use super::effect::Effect;
use super::event::{Event, Incoming};
pub use super::plan::Plan;
use super::session::{Counters, End, Frame, Session, Waiting};
use super::world::World;
use crate::domain::ids::{FlowId, FlowSessionId};
pub(super) use known::Known;
use run::{Run, Step};
pub(super) use say::{outgoing, question};

/// Most nodes that one event leads through.
pub const MOST_VISITS: u32 = 100;
/// Deepest sub-flow: the flow that was started, and four below it.
pub const MOST_FRAMES: usize = 5;
/// Largest session, as JSON.
pub const LARGEST_SESSION: usize = 64 * 1024;
/// Largest value of a variable, as JSON.
pub const LARGEST_VALUE: usize = 8 * 1024;
/// Most variables.
pub const MOST_VARIABLES: usize = 100;
/// Longest answer, in characters.
pub const LONGEST_ANSWER: usize = 4096;

/// What a step gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Stepped {
    /// The session as it stands now; waiting for [`Over`](super::session::Waiting::Over) where it has ended.
    pub session: Session,
    /// What is to be done, in this order.
    pub effects: Vec<Effect>,
    /// Whether the event was used; what was not may start another flow. Session and effects hold either way.
    pub used: bool,
}

/// Where the engine finds flows: the one it steps, and those that it starts.
pub trait Plans {
    /// A version of a flow.
    fn version(&self, flow: FlowId, version: i32) -> Option<&Plan>;
    /// The version of a flow that new sessions begin with.
    fn published(&self, flow: FlowId) -> Option<&Plan>;
}

/// A session of `plan` from its first node on. It begins `with` variables; `occasion` is the message that started it.
pub fn begin(
    plans: &impl Plans,
    plan: &Plan,
    id: FlowSessionId,
    with: Map<String, Value>,
    occasion: Option<&Incoming>,
    world: &World,
) -> Stepped {
    let first = plan.first().map(|node| node.id.clone()).unwrap_or_default();
    let session = Session {
        id,
        frames: vec![Frame { flow_id: plan.flow_id, version: plan.version, node_id: first.clone() }],
        variables: with,
        waiting: Waiting::Over,
        arms: Vec::new(),
        counters: Counters::default(),
        said: None,
        spoke_at: None,
        started_at: world.now,
        moved_at: world.now,
    };
    let plans = WithOne { plans, plan };
    let mut run = Run::new(&plans, session, world);
    if let Some(message) = occasion {
        run.hear(message);
    }
    run.go(Step::Enter(first));
    run.finish(true)
}

/// What becomes of a session when something happens.
pub fn step(plans: &impl Plans, session: Session, event: &Event, world: &World) -> Stepped {
    let mut run = Run::new(plans, session, world);
    let used = run.receive(event);
    run.finish(used)
}

/// Ends a session from outside: interrupted, expired, stopped. One that is over stays as it ended.
pub fn end(mut session: Session, end: End) -> Stepped {
    if session.waiting == Waiting::Over {
        return Stepped { session, effects: Vec::new(), used: false };
    }
    let mut effects: Vec<Effect> = session.waiting.wait().map(|wait| Effect::Forget { wait }).into_iter().collect();
    effects.push(Effect::Ended(end));
    session.waiting = Waiting::Over;
    Stepped { session, effects, used: true }
}

/// One plan in front of the others: what begins may be a draft that nobody else knows.
struct WithOne<'a, P> {
    plans: &'a P,
    plan: &'a Plan,
}

impl<P: Plans> Plans for WithOne<'_, P> {
    fn version(&self, flow: FlowId, version: i32) -> Option<&Plan> {
        if (self.plan.flow_id, self.plan.version) == (flow, version) {
            return Some(self.plan);
        }
        self.plans.version(flow, version)
    }

    fn published(&self, flow: FlowId) -> Option<&Plan> {
        self.plans.published(flow)
    }
}

#[cfg(test)]
mod tests;
