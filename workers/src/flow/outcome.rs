//! What becomes of a conversation in a turn. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::ids::{FlowId, FlowSessionId, MessageId};
use shared::domain::message::Content;
use shared::flow::effect::Effect;
use shared::flow::session::{End, Failure, Session};
use shared::store::flows::threads::Thread;

/// How a turn went, for the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Flows do not speak here: what came in counts as read.
    Aside,
    /// No flow took what came in.
    Untaken,
    /// A session moved, and said nothing.
    Moved,
    /// Something was said.
    Answered,
    /// A flow broke.
    Failed,
}

impl Course {
    /// The name in metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Aside => "aside",
            Self::Untaken => "untaken",
            Self::Moved => "moved",
            Self::Answered => "answered",
            Self::Failed => "failed",
        }
    }
}

/// What becomes of a conversation.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says something else, and they go together in any way")]
pub(super) struct Outcome {
    /// The session that goes on.
    pub(super) session: Option<Session>,
    /// Its question, where the time to answer begins when that is sent.
    pub(super) asked: Option<MessageId>,
    /// Sessions that are over, those among them that began and ended in this turn.
    pub(super) over: Vec<FlowSessionId>,
    /// The flow and version of each session that began.
    pub(super) begun: Vec<(FlowSessionId, FlowId, i32)>,
    /// What is to be done, and for which session.
    pub(super) effects: Vec<(FlowSessionId, Effect)>,
    /// What the account itself says.
    pub(super) told: Vec<Content>,
    /// Whether that is what it says while nobody is there.
    pub(super) told_away: bool,
    /// Why flows broke.
    pub(super) failures: Vec<Failure>,
    /// Whether a person is to have the conversation because a flow broke.
    pub(super) needs_person: bool,
    /// Whether flows were started by something else than a message.
    pub(super) by_happening: bool,
    /// Whether messages or events were taken by a flow.
    pub(super) taken: bool,
    /// Waits that were heard.
    pub(super) waits_heard: u64,
    /// Whether flows stood aside for something.
    pub(super) aside: bool,
}

impl Outcome {
    /// How it went.
    pub(super) fn course(&self) -> Course {
        let says = |(_, effect): &(FlowSessionId, Effect)| matches!(effect, Effect::Send { .. });
        if self.needs_person {
            Course::Failed
        } else if !self.told.is_empty() || self.effects.iter().any(says) {
            Course::Answered
        } else if self.taken {
            Course::Moved
        } else if self.aside {
            Course::Aside
        } else {
            Course::Untaken
        }
    }
}

/// What becomes of a conversation whose flow panicked or whose rows do not read: a person has it.
pub(super) fn broken(thread: &Thread, session: Option<&Session>, code: &str, reason: &str) -> Outcome {
    let mut outcome = Outcome { needs_person: true, ..Outcome::default() };
    let Some(stored) = &thread.session else { return outcome };
    let frame = session.and_then(|session| session.frames.last());
    let failure = Failure {
        flow_id: frame.map_or(stored.flow_id, |frame| frame.flow_id),
        version: frame.map_or(stored.version, |frame| frame.version),
        node_id: frame.map(|frame| frame.node_id.clone()).unwrap_or_default(),
        code: code.to_owned(),
        reason: reason.to_owned(),
    };
    outcome.over.push(stored.id);
    outcome.effects.push((stored.id, Effect::Ended(End::Failed(failure.clone()))));
    outcome.failures.push(failure);
    outcome
}

/// When a session is over, should nothing move it.
pub(super) fn expiry(outcome: &Outcome, thread: &Thread, kept: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
    let Some(session) = &outcome.session else { return now };
    let waits = outcome.effects.iter().filter_map(|(id, effect)| match effect {
        Effect::Wait { due, .. } if *id == session.id => Some(*due),
        _ => None,
    });
    let before = thread.session.as_ref().filter(|stored| stored.id == session.id).map(|stored| stored.expires_at);
    let latest = waits.max().unwrap_or(now).max(now) + kept;
    before.map_or(latest, |before| latest.max(before))
}
