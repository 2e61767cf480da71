//! What a turn begins with: the conversation, and all that waits in it, in its order. Pure.

use std::collections::HashSet;

use shared::domain::ids::MessageId;
use shared::flow::World;
use shared::flow::session::Session;
use shared::flow::trigger::TriggerIndex;
use shared::store::flows::events::Unheard;
use shared::store::flows::threads::Thread;
use shared::store::inbox::Waiting;

use super::catalog::Shelf;

/// What a turn begins with.
pub(super) struct Desk<'a> {
    /// The conversation.
    pub(super) thread: &'a Thread,
    /// What is under way in it.
    pub(super) session: UnderWay,
    /// Messages, in their order.
    pub(super) inbox: Vec<Waiting>,
    /// What else there is to hear, in its order.
    pub(super) unheard: Vec<Unheard>,
    /// The flows.
    pub(super) shelf: &'a Shelf,
    /// What starts them here.
    pub(super) index: &'a TriggerIndex,
    /// Messages that answer a campaign.
    pub(super) answer_campaigns: &'a HashSet<MessageId>,
    /// What may be known.
    pub(super) world: World,
}

/// A session as it was found.
#[derive(Clone, Debug)]
pub(super) enum UnderWay {
    /// There is none.
    Nothing,
    /// It reads.
    Session(Box<Session>),
    /// It does not read.
    Unreadable,
}

/// What comes next.
pub(super) enum Next {
    Message(Waiting),
    Event(Unheard),
}

/// Messages in their order, and between them what was to be heard before each came in.
pub(super) fn in_order(inbox: Vec<Waiting>, unheard: Vec<Unheard>) -> Vec<Next> {
    let mut events = unheard.into_iter().peekable();
    let mut all = Vec::with_capacity(inbox.len() + events.len());
    for message in inbox {
        while let Some(event) = events.next_if(|event| event.created_at <= message.received_at) {
            all.push(Next::Event(event));
        }
        all.push(Next::Message(message));
    }
    all.extend(events.map(Next::Event));
    all
}
