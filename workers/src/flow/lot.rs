//! Conversations that are stepped together: one short transaction reads them, and writes what became of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use shared::domain::clock;
use shared::domain::ids::{AccountId, ConversationId, MerchantId, MessageId};
use shared::domain::trace::TraceId;
use shared::flow::Session;
use shared::flow::effect::{Effect, Outgoing};
use shared::flow::event::Happening;
use shared::store::flows::events::{self, Unheard};
use shared::store::flows::threads::{self, Thread};
use shared::store::flows::{campaigns, sessions};
use shared::store::inbox::{self, Waiting};
use shared::store::keyring::Keys;
use shared::store::templates::approved;
use shared::store::{Keyring, PgConnection, StoreError};

use super::catalog::{Catalog, Flows, Shelf, Version};
use super::desk::{Desk, UnderWay};
use super::outcome::{self, Course, Outcome};
use super::turn;
use super::writing::{self, Turned};
use super::{contents, situation};

/// What became of a lot.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The conversations that were held; another may have begun to hold one since.
    pub(super) held: Vec<ConversationId>,
    /// Accounts that have something to send.
    pub(super) to_send: Vec<AccountId>,
    /// Whether there are calls to make.
    pub(super) calls: bool,
    /// Whose turn it was, and how it went.
    pub(super) turns: Vec<Taken>,
    /// When the messages came in that were answered.
    pub(super) answered: Vec<DateTime<Utc>>,
    /// How sessions ended.
    pub(super) ended: Vec<&'static str>,
    /// How many began.
    pub(super) begun: u64,
    /// Waits that were heard.
    pub(super) waits: u64,
}

/// A turn that was taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) conversation: ConversationId,
    pub(super) course: Course,
    /// The traces of what it was about.
    pub(super) traces: Vec<TraceId>,
}

impl Done {
    /// Adds what became of another lot.
    pub(super) fn join(&mut self, other: Self) {
        self.held.extend(other.held);
        self.to_send.extend(other.to_send);
        self.calls |= other.calls;
        self.turns.extend(other.turns);
        self.answered.extend(other.answered);
        self.ended.extend(other.ended);
        self.begun += other.begun;
        self.waits += other.waits;
    }
}

/// What was read of a lot.
struct Read {
    threads: Vec<Thread>,
    inbox: HashMap<ConversationId, Vec<Waiting>>,
    unheard: HashMap<ConversationId, Vec<Unheard>>,
    keys: Keys,
}

/// Steps those of `woken` that nobody else steps.
pub(super) async fn step(
    conn: &mut PgConnection,
    keyring: &Keyring,
    catalog: &Catalog,
    woken: &[ConversationId],
) -> Result<Done, StoreError> {
    let held = threads::hold(conn, woken).await?;
    if held.is_empty() {
        return Ok(Done::default());
    }
    let mut read = read(conn, keyring, &held).await?;
    let now = clock::now();
    let open: Vec<Option<Session>> = read.threads.iter().map(|thread| open(&read.keys, thread)).collect();
    let shelves = shelves(conn, catalog, &read.threads, &open).await?;
    let answer_campaigns = answer_campaigns(conn, &read, &shelves).await?;
    let mut turned = Vec::new();
    for (thread, session) in std::mem::take(&mut read.threads).into_iter().zip(open) {
        let inbox = read.inbox.remove(&thread.id).unwrap_or_default();
        let unheard = read.unheard.remove(&thread.id).unwrap_or_default();
        let expired = thread.session.as_ref().is_some_and(|stored| stored.expires_at <= now);
        if inbox.is_empty() && unheard.is_empty() && !expired {
            continue;
        }
        let Some(shelf) = shelves.get(&thread.merchant_id) else { continue };
        turned.push(turn(thread, session, inbox, unheard, shelf, &answer_campaigns, now));
    }
    resolve_templates(conn, &mut turned).await?;
    let mut done = writing::write(conn, &read.keys, &turned, &shelves, now).await?;
    done.held = held;
    Ok(done)
}

async fn read(conn: &mut PgConnection, keyring: &Keyring, held: &[ConversationId]) -> Result<Read, StoreError> {
    let threads = threads::read(conn, held).await?;
    let merchants: Vec<MerchantId> = threads.iter().map(|thread| thread.merchant_id).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    let there: Vec<ConversationId> = threads.iter().map(|thread| thread.id).collect();
    let mut read = Read { threads, inbox: HashMap::new(), unheard: HashMap::new(), keys };
    for message in inbox::read(conn, &read.keys, &there).await? {
        read.inbox.entry(message.conversation_id).or_default().push(message);
    }
    for event in events::read(conn, &read.keys, &there).await? {
        read.unheard.entry(event.conversation_id).or_default().push(event);
    }
    Ok(read)
}

fn open(keys: &Keys, thread: &Thread) -> Option<Session> {
    let stored = thread.session.as_ref()?;
    sessions::open(keys.of(thread.merchant_id).ok()?, stored)
}

/// The flows of each merchant, and the versions that their sessions began with.
async fn shelves(
    conn: &mut PgConnection,
    catalog: &Catalog,
    threads: &[Thread],
    open: &[Option<Session>],
) -> Result<HashMap<MerchantId, Shelf>, StoreError> {
    let mut generations: BTreeMap<MerchantId, i64> = BTreeMap::new();
    for thread in threads {
        let generation = generations.entry(thread.merchant_id).or_default();
        *generation = thread.generation.max(*generation);
    }
    let frames = open.iter().flatten().flat_map(|session| &session.frames);
    let wanted: HashSet<Version> = frames.map(|frame| (frame.flow_id, frame.version)).collect();
    let versions = Arc::new(catalog.versions(conn, &wanted).await?);
    let mut shelves = HashMap::new();
    for (merchant, generation) in generations {
        let flows = catalog.of(conn, merchant, generation).await?;
        shelves.insert(merchant, Shelf { flows, versions: Arc::clone(&versions) });
    }
    Ok(shelves)
}

/// Which messages answer a campaign; asked only where a flow listens to that.
async fn answer_campaigns(
    conn: &mut PgConnection,
    read: &Read,
    shelves: &HashMap<MerchantId, Shelf>,
) -> Result<HashSet<MessageId>, StoreError> {
    let listens = |flows: &Flows| flows.listens_to("campaign_replied");
    let asked =
        read.threads.iter().filter(|thread| shelves.get(&thread.merchant_id).is_some_and(|s| listens(&s.flows)));
    let messages: Vec<MessageId> =
        asked.filter_map(|thread| read.inbox.get(&thread.id)).flatten().map(|message| message.message_id).collect();
    campaigns::answered(conn, &messages).await
}

/// One that panics is broken, and takes nobody else with it.
fn turn(
    thread: Thread,
    session: Option<Session>,
    inbox: Vec<Waiting>,
    unheard: Vec<Unheard>,
    shelf: &Shelf,
    answer_campaigns: &HashSet<MessageId>,
    now: DateTime<Utc>,
) -> Turned {
    let read: Vec<MessageId> = inbox.iter().map(|message| message.message_id).collect();
    let heard: Vec<i64> = unheard.iter().map(|event| event.id).collect();
    let received: Vec<DateTime<Utc>> = inbox.iter().map(|message| message.received_at).collect();
    let traces: Vec<TraceId> = inbox.iter().filter_map(|message| message.trace).collect();
    let before = session.clone();
    let taken = catch_unwind(AssertUnwindSafe(|| {
        let index = shelf.flows.index(&thread.account);
        let under_way = match (&thread.session, session) {
            (None, _) => UnderWay::Nothing,
            (Some(_), Some(session)) => UnderWay::Session(Box::new(session)),
            (Some(_), None) => UnderWay::Unreadable,
        };
        turn::take(Desk {
            thread: &thread,
            session: under_way,
            inbox,
            unheard,
            shelf,
            index: &index,
            answer_campaigns,
            world: situation::world(&thread, now),
        })
    }));
    let outcome = taken.unwrap_or_else(|_| {
        tracing::error!(conversation.id = %thread.id, "a flow panicked");
        outcome::broken(&thread, before.as_ref(), "panicked", "the engine met something it did not expect")
    });
    Turned { thread, outcome, read, heard, received, traces }
}

/// Puts templates in place of their ids. A flow whose template may not be sent is broken.
async fn resolve_templates(conn: &mut PgConnection, turned: &mut [Turned]) -> Result<(), StoreError> {
    let mut wanted = Vec::new();
    for turned in turned.iter() {
        let ids = turned.outcome.effects.iter().filter_map(|(_, effect)| match effect {
            Effect::Send { content: Outgoing::TemplateById { template_id, .. }, .. } => Some(*template_id),
            _ => None,
        });
        wanted.extend(ids.map(|id| (turned.thread.merchant_id, id)));
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let approved = approved::by_id(conn, &wanted).await?;
    for turned in turned {
        if let Err(node_id) = contents::put_templates(&mut turned.outcome, &approved) {
            let reason = format!("the template of `{node_id}` is not there, not approved or on hold");
            turned.outcome = contents::without_template(&turned.thread, &turned.outcome, &node_id, &reason);
        }
    }
    Ok(())
}

/// What flows themselves changed and others listen to.
pub(super) fn listened_to(outcome: &Outcome, flows: &Flows) -> Vec<Happening> {
    // What happens because something happened starts nothing: else two flows could start each other for ever.
    if outcome.by_happening {
        return Vec::new();
    }
    let told = outcome.effects.iter().filter_map(|(_, effect)| match effect {
        Effect::AddTag { tag } if flows.listens_to("tag_added") => Some(Happening::TagAdded { tag: tag.clone() }),
        Effect::SetAttribute { name, value } if flows.listens_to("attribute_changed") => {
            Some(Happening::AttributeChanged { name: name.clone(), value: value.clone() })
        }
        Effect::Consent { purpose, granted: true, .. } if flows.listens_to("opt_in") => {
            Some(Happening::OptIn { purpose: *purpose })
        }
        Effect::Consent { purpose, granted: false, .. } if flows.listens_to("opt_out") => {
            Some(Happening::OptOut { purpose: *purpose })
        }
        _ => None,
    });
    told.collect()
}
