//! Writing what became of the conversations of a lot: contacts first, then conversations, then the rest, which is the
//! order in which others lock them too.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::deterministic;
use shared::domain::ids::{AccountId, ContactId, MerchantId, MessageId};
use shared::domain::message::{Author, Content};
use shared::domain::trace::TraceId;
use shared::flow::effect::{Effect, Outgoing};
use shared::store::flows::changes::{self, Change, Profile, Word};
use shared::store::flows::events::{self, Heard, NewEvent};
use shared::store::flows::threads::Thread;
use shared::store::inbox;
use shared::store::keyring::Keys;
use shared::store::messages::queue::{self, NewOutbound, PRIORITY_REPLY};
use shared::store::{PgConnection, StoreError};

use super::catalog::Shelf;
use super::lot::{self, Done, Taken};
use super::outcome::{Course, Outcome};
use super::{contents, counting, keeping};

/// A conversation and what becomes of it.
pub(super) struct Turned {
    pub(super) thread: Thread,
    pub(super) outcome: Outcome,
    /// The messages that were read.
    pub(super) read: Vec<MessageId>,
    /// The events that were heard.
    pub(super) heard: Vec<i64>,
    /// When the messages came in.
    pub(super) received: Vec<DateTime<Utc>>,
    /// The traces of the webhooks that brought them.
    pub(super) traces: Vec<TraceId>,
}

/// Writes what became of `turned`.
pub(super) async fn write(
    conn: &mut PgConnection,
    keys: &Keys,
    turned: &[Turned],
    shelves: &HashMap<MerchantId, Shelf>,
    now: DateTime<Utc>,
) -> Result<Done, StoreError> {
    change_contacts(conn, turned, now).await?;
    let moved: Vec<&Turned> = turned.iter().filter(|turned| turned.changes_anything()).collect();
    let read_as = moved.iter().map(|one| (one.thread.id, one.thread.handler, one.thread.open));
    changes::lock(conn, &read_as.collect::<Vec<_>>()).await?;
    let to_send = say(conn, keys, turned, now).await?;
    change_conversations(conn, keys, turned, now).await?;
    keeping::keep(conn, keys, turned, now).await?;
    let calls = keeping::ask(conn, keys, turned).await?;
    counting::count(conn, turned).await?;
    tell(conn, keys, turned, shelves).await?;
    inbox::forget(conn, &turned.iter().flat_map(|one| one.read.iter().copied()).collect::<Vec<_>>()).await?;
    events::forget(conn, &turned.iter().flat_map(|one| one.heard.iter().copied()).collect::<Vec<_>>()).await?;
    Ok(Done {
        to_send,
        calls,
        turns: turned.iter().map(Turned::taken).collect(),
        answered: turned
            .iter()
            .filter(|one| one.outcome.course() == Course::Answered)
            .flat_map(|one| one.received.iter().copied())
            .collect(),
        ended: counting::ends(turned),
        begun: turned.iter().map(|one| one.outcome.begun.len() as u64).sum(),
        waits: turned.iter().map(|one| one.outcome.waits_heard).sum(),
        ..Done::default()
    })
}

impl Turned {
    fn changes_anything(&self) -> bool {
        let outcome = &self.outcome;
        outcome.session.is_some() || !outcome.over.is_empty() || outcome.needs_person || !outcome.told.is_empty()
    }

    /// The trace that what it says belongs to: the last message's, else that of what moved the session before.
    pub(super) fn trace(&self) -> Option<TraceId> {
        let before = self.thread.session.as_ref().and_then(|stored| stored.trace);
        self.traces.last().copied().or(before)
    }

    fn taken(&self) -> Taken {
        let before = self.trace().filter(|_| self.traces.is_empty());
        let traces = self.traces.iter().copied().chain(before).collect();
        Taken { conversation: self.thread.id, course: self.outcome.course(), traces }
    }

    fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.outcome.effects.iter().map(|(_, effect)| effect)
    }
}

async fn change_contacts(conn: &mut PgConnection, turned: &[Turned], now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut profiles: BTreeMap<ContactId, Profile> = BTreeMap::new();
    let mut words = Vec::new();
    for one in turned {
        let contact_id = one.thread.contact.id;
        for effect in one.effects() {
            match effect {
                Effect::SetAttribute { name, value } => {
                    let attributes = &mut profiles.entry(contact_id).or_default().attributes;
                    attributes.insert(name.replace('\0', ""), contents::without_nul(value));
                }
                Effect::AddTag { tag } => {
                    profiles.entry(contact_id).or_default().tags.insert(tag.replace('\0', ""), true);
                }
                Effect::RemoveTag { tag } => {
                    profiles.entry(contact_id).or_default().tags.insert(tag.replace('\0', ""), false);
                }
                Effect::Consent { purpose, granted, message_id } => words.push(Word {
                    merchant_id: one.thread.merchant_id,
                    contact_id,
                    purpose: *purpose,
                    granted: *granted,
                    message_id: *message_id,
                }),
                _ => {}
            }
        }
    }
    changes::of_contacts(conn, &profiles).await?;
    changes::of_consents(conn, &words, now).await
}

/// Queues what is said; gives the accounts that have something to send.
async fn say(
    conn: &mut PgConnection,
    keys: &Keys,
    turned: &[Turned],
    now: DateTime<Utc>,
) -> Result<Vec<AccountId>, StoreError> {
    let mut messages = Vec::new();
    let mut accounts = BTreeSet::new();
    for one in turned {
        let said = one.effects().filter_map(|effect| match effect {
            Effect::Send { message_id, content: Outgoing::Content(content), not_before, .. } => {
                Some((*message_id, content.as_ref(), Author::Flow, *not_before))
            }
            _ => None,
        });
        let own = one.outcome.told.iter().enumerate().filter_map(|(place, content)| own(one, place, content, now));
        for (message_id, content, author, not_before) in said.chain(own) {
            accounts.insert(one.thread.account.id);
            messages.push(NewOutbound {
                id: message_id,
                merchant_id: one.thread.merchant_id,
                account_id: one.thread.account.id,
                conversation_id: one.thread.id,
                contact_id: one.thread.contact.id,
                author,
                author_user_id: None,
                content,
                reply_to: None,
                reference: None,
                priority: PRIORITY_REPLY,
                not_before,
                trace: one.trace(),
                at: now,
            });
        }
    }
    if !messages.is_empty() {
        queue::queue_all(conn, keys, &messages).await?;
    }
    Ok(accounts.into_iter().collect())
}

/// What the account itself says answers the last message that was read.
fn own<'a>(
    turned: &Turned,
    place: usize,
    content: &'a Content,
    now: DateTime<Utc>,
) -> Option<(MessageId, &'a Content, Author, Option<DateTime<Utc>>)> {
    let to = turned.read.last()?;
    let after = TimeDelta::milliseconds(i64::try_from(place).unwrap_or(0));
    let id = deterministic::reply_id(*to, &format!("own-{place}"), now + after);
    Some((id, content, Author::System, None))
}

async fn change_conversations(
    conn: &mut PgConnection,
    keys: &Keys,
    turned: &[Turned],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let changed = turned.iter().map(|one| (one.thread.merchant_id, one.thread.id, change(one)));
    let changed: Vec<_> = changed.filter(|(_, _, change)| !change.is_nothing()).collect();
    changes::of_conversations(conn, keys, &changed, now).await
}

fn change(turned: &Turned) -> Change {
    let outcome = &turned.outcome;
    let mut change = Change {
        to_person: outcome.needs_person,
        told_away: outcome.told_away,
        reopens: !turned.thread.open && !outcome.begun.is_empty(),
        ..Change::default()
    };
    for effect in turned.effects() {
        match effect {
            Effect::HandOff { team_id, user_id, note } => {
                change.to_person = true;
                (change.team_id, change.user_id, change.note) = (*team_id, *user_id, note.clone());
            }
            Effect::Close { reason } => {
                change.closes = true;
                change.close_reason = reason.as_ref().map(|reason| reason.replace('\0', ""));
            }
            _ => {}
        }
    }
    change
}

/// Tells other flows what these changed: heard when the lot is looked at again.
async fn tell(
    conn: &mut PgConnection,
    keys: &Keys,
    turned: &[Turned],
    shelves: &HashMap<MerchantId, Shelf>,
) -> Result<(), StoreError> {
    let mut new = Vec::new();
    for one in turned {
        let Some(shelf) = shelves.get(&one.thread.merchant_id) else { continue };
        let told = lot::listened_to(&one.outcome, &shelf.flows).into_iter().map(|happening| NewEvent {
            merchant_id: one.thread.merchant_id,
            conversation_id: one.thread.id,
            session_id: None,
            heard: Heard::Happening(happening),
        });
        new.extend(told);
    }
    events::add(conn, keys, &new).await
}
