//! What becomes of one conversation: everything that waits in it is taken in its order. Pure.

use std::collections::HashSet;

use serde_json::{Map, Value};
use shared::domain::consent::Purpose;
use shared::domain::conversation::Handler;
use shared::domain::ids::{FlowSessionId, MessageId};
use shared::flow::definition::NodeKind;
use shared::flow::effect::Effect;
use shared::flow::engine::{self, Plans, Stepped};
use shared::flow::event::{Happening, Incoming};
use shared::flow::session::{End, Failure, Frame, Session, Waiting as WaitingFor};
use shared::flow::trigger::{Start, TriggerIndex};
use shared::flow::{Event, World};
use shared::store::flows::events::{Heard, Unheard};
use shared::store::flows::threads::Thread;
use shared::store::inbox::Waiting;

use super::catalog::Shelf;
use super::desk::{Desk, Next, UnderWay, in_order};
use super::outcome::Outcome;
use super::told;

/// Takes everything on `desk`.
pub(super) fn take(desk: Desk<'_>) -> Outcome {
    let Desk { thread, session, inbox, unheard, shelf, index, answer_campaigns, world } = desk;
    let mut turn = Turn {
        shelf,
        index,
        thread,
        answer_campaigns,
        world,
        quiet: thread.handler != Handler::Bot || !thread.account.auto_reply_enabled,
        live: None,
        outcome: Outcome::default(),
    };
    turn.find(session);
    for next in in_order(inbox, unheard) {
        match next {
            Next::Message(message) => turn.hear_message(message),
            Next::Event(event) => turn.hear_event(event),
        }
    }
    turn.outcome.asked = turn.live.as_ref().and_then(|session| asked(shelf, session));
    turn.outcome.session = turn.live;
    turn.outcome
}

/// The question whose time to answer is to begin when it was sent: it has a limit, and nobody has told as yet.
fn asked(plans: &impl Plans, session: &Session) -> Option<MessageId> {
    let WaitingFor::Answer { message_id, timeout: None, .. } = &session.waiting else { return None };
    let frame = session.frames.last()?;
    let node = plans.version(frame.flow_id, frame.version)?.node(&frame.node_id)?;
    let has_limit = matches!(&node.kind, NodeKind::Ask(ask) if ask.timeout.is_some());
    has_limit.then_some(*message_id)
}

struct Turn<'a> {
    shelf: &'a Shelf,
    index: &'a TriggerIndex,
    thread: &'a Thread,
    answer_campaigns: &'a HashSet<MessageId>,
    world: World,
    /// Flows do not speak here, or not any more.
    quiet: bool,
    live: Option<Session>,
    outcome: Outcome,
}

impl Turn<'_> {
    /// Takes up the session that was found. Where flows may not speak any more it is over.
    fn find(&mut self, found: UnderWay) {
        let session = match found {
            UnderWay::Nothing => return,
            UnderWay::Session(session) => *session,
            UnderWay::Unreadable => return self.lose("session_unreadable", "what it had learnt does not read"),
        };
        let is_there = |frame: &Frame| self.shelf.version(frame.flow_id, frame.version).is_some();
        if !session.frames.iter().all(is_there) {
            return self.lose("version_unreadable", "the version that it began with does not read");
        }
        let expired = self.thread.session.as_ref().is_some_and(|stored| stored.expires_at <= self.world.now);
        self.live = Some(session);
        if self.quiet || !self.thread.open {
            self.end(End::Stopped);
        } else if expired {
            self.end(End::Expired);
        }
    }

    /// A session that cannot be taken up is over, and a person has the conversation.
    fn lose(&mut self, code: &str, reason: &str) {
        let Some(stored) = &self.thread.session else { return };
        let failure = Failure {
            flow_id: stored.flow_id,
            version: stored.version,
            node_id: String::new(),
            code: code.to_owned(),
            reason: reason.to_owned(),
        };
        self.outcome.over.push(stored.id);
        self.outcome.effects.push((stored.id, Effect::Ended(End::Failed(failure.clone()))));
        self.fail(failure);
    }

    fn fail(&mut self, failure: Failure) {
        self.outcome.failures.push(failure);
        self.outcome.needs_person = true;
        self.quiet = true;
    }

    fn end(&mut self, end: End) {
        if let Some(session) = self.live.take() {
            let stepped = engine::end(session, end);
            self.absorb(stepped);
        }
    }

    fn hear_message(&mut self, message: Waiting) {
        if self.quiet || !self.thread.open {
            self.outcome.aside = true;
            return;
        }
        // What was erased meanwhile, or does not read, is for people to see.
        let Some(said) = message.said else { return };
        let told = message.told;
        let incoming =
            Incoming { message_id: message.message_id, reply_to: message.reply_to, at: message.sent_at, said };
        if told.says_stop {
            self.end(End::Stopped);
            self.start(&[Happening::OptOut { purpose: Purpose::Marketing }], None);
            return;
        }
        let mut happened = Vec::new();
        if told.contact_is_new {
            happened.push(Happening::ContactCreated);
        }
        if told.conversation_is_new {
            happened.push(Happening::ConversationOpened);
        }
        if self.answer_campaigns.contains(&incoming.message_id) {
            happened.push(Happening::CampaignReplied { campaign_id: None });
        }
        if self.start(&happened, Some(&incoming)) || self.say(&incoming) {
            return;
        }
        if self.live.is_none() && !self.quiet {
            let now = self.world.now;
            let away_told = if self.outcome.told_away { Some(now) } else { self.thread.away_told_at };
            let answer = told::answer(&self.thread.account.settings, told.contact_is_new, away_told, now);
            self.outcome.told_away |= answer.away;
            self.outcome.told.extend(answer.contents);
        }
    }

    /// Tells the session that is under way; whether it took it.
    fn say(&mut self, incoming: &Incoming) -> bool {
        let Some(session) = self.live.take() else { return false };
        let stepped = engine::step(self.shelf, session, &Event::Said(incoming.clone()), &self.world);
        self.absorb(stepped)
    }

    fn hear_event(&mut self, event: Unheard) {
        let Some(heard) = event.heard else { return };
        match heard {
            Heard::Event(event_of_session) => {
                let Some(session) = self.live.take_if(|live| Some(live.id) == event.session_id) else {
                    return;
                };
                if matches!(event_of_session, Event::Due { .. }) {
                    self.outcome.waits_heard += 1;
                }
                let stepped = engine::step(self.shelf, session, &event_of_session, &self.world);
                self.absorb(stepped);
            }
            Heard::Happening(_) if self.quiet => self.outcome.aside = true,
            Heard::Happening(happening) => {
                if self.start(&[happening], None) {
                    self.outcome.by_happening = true;
                }
            }
        }
    }

    /// Starts the flow of highest priority that `happened` or the message starts; whether there was one. While a
    /// session is under way only what may interrupt it does.
    fn start(&mut self, happened: &[Happening], incoming: Option<&Incoming>) -> bool {
        let mut starts: Vec<(Start, Map<String, Value>)> = Vec::new();
        if let Some(incoming) = incoming {
            starts.extend(self.index.by_message(incoming).into_iter().map(|start| (start, Map::new())));
        }
        for happening in happened {
            let with = match happening {
                Happening::Requested { variables, .. } => variables.clone(),
                _ => Map::new(),
            };
            starts.extend(self.index.by_happening(happening).into_iter().map(|start| (start, with.clone())));
        }
        if self.live.is_some() {
            starts.retain(|(start, _)| start.interrupts);
        }
        // Of equal ones the first: what the customer wrote says more than that they did.
        let Some((start, with)) =
            starts.into_iter().reduce(|best, one| if one.0.priority > best.0.priority { one } else { best })
        else {
            return false;
        };
        let Some(plan) = self.shelf.version(start.flow_id, start.version) else { return false };
        self.end(End::Interrupted);
        if self.quiet {
            return true;
        }
        let id = FlowSessionId::new();
        self.outcome.begun.push((id, plan.flow_id, plan.version));
        let stepped = engine::begin(self.shelf, plan, id, with, incoming, &self.world);
        self.absorb(stepped);
        true
    }

    /// Takes over what a step gave; whether it used what it was told.
    fn absorb(&mut self, stepped: Stepped) -> bool {
        let id = stepped.session.id;
        for effect in &stepped.effects {
            self.know(effect);
        }
        self.outcome.taken |= stepped.used;
        self.outcome.effects.extend(stepped.effects.into_iter().map(|effect| (id, effect)));
        if stepped.session.waiting == WaitingFor::Over {
            self.outcome.over.push(id);
        } else {
            self.live = Some(stepped.session);
        }
        stepped.used
    }

    /// What an effect changes is so for what comes next in this turn.
    fn know(&mut self, effect: &Effect) {
        let contact = &mut self.world.contact;
        match effect {
            Effect::SetAttribute { name, value: Value::Null } => {
                contact.attributes.remove(name);
            }
            Effect::SetAttribute { name, value } => {
                contact.attributes.insert(name.clone(), value.clone());
            }
            Effect::AddTag { tag } => {
                contact.tags.insert(tag.clone());
            }
            Effect::RemoveTag { tag } => {
                contact.tags.remove(tag);
            }
            Effect::Consent { purpose, granted, .. } => {
                contact.consents.insert(*purpose, *granted);
            }
            Effect::HandOff { .. } | Effect::Close { .. } => self.quiet = true,
            Effect::Ended(End::Failed(failure)) => self.fail(failure.clone()),
            Effect::Send { .. }
            | Effect::Wait { .. }
            | Effect::Forget { .. }
            | Effect::Call { .. }
            | Effect::AskAi { .. }
            | Effect::Passed { .. }
            | Effect::Ended(_) => {}
        }
    }
}
