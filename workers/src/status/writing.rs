//! One transaction that applies what a batch says of messages and accounts.

use std::collections::{BTreeMap, HashSet};

use shared::channels::{self, contract::Parsed};
use shared::domain::clock;
use shared::domain::ids::{AccountId, ConversationId, EventId};
use shared::events::raw::RawEvent;
use shared::store::status_flow::{self, Flow};
use shared::store::unclaimed::keep::{self, Reason, Unclaimed};
use shared::store::{Keyring, PgConnection, StoreError};

use super::news::{self, Heard};
use super::statuses;
use crate::send::remedies::Carried;

pub(crate) use super::statuses::error_json;

/// What was applied.
#[derive(Debug, Default)]
pub struct Applied {
    /// Messages that changed.
    pub changed: u64,
    /// Statuses of messages that Loa did not send.
    pub orphans: u64,
    /// Statuses in all.
    pub total: u64,
    /// What late failures brought.
    pub carried: Carried,
    /// Conversations whose flows are told of their messages.
    pub told: Vec<ConversationId>,
    /// Accounts with conversations that may go on.
    pub unblocked: Vec<AccountId>,
    /// How far the statuses of each account have come.
    pub flows: BTreeMap<AccountId, Flow>,
    /// What became of each piece of news of an account.
    pub heard: Vec<Heard>,
    /// Why events were kept aside, one for each.
    pub unclaimed: Vec<Reason>,
}

/// An event and what it says; `None` where it does not read, which persist or this worker keeps.
pub(super) struct Read<'a> {
    pub(super) event: &'a RawEvent,
    pub(super) parsed: Parsed,
}

/// Reads `events`; those that do not read come apart, with the reason.
pub(super) fn read(events: &[RawEvent]) -> (Vec<Read<'_>>, Vec<Unclaimed<'_>>) {
    let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
    for event in events {
        match channels::parse(event.head.channel, &event.body) {
            Ok(parsed) => readable.push(Read { event, parsed }),
            Err(error) => unreadable.push(Unclaimed {
                event,
                account: String::new(),
                reason: Reason::Unreadable,
                detail: Some(error.to_string()),
            }),
        }
    }
    (readable, unreadable)
}

/// Applies what was read. Idempotent, in any order.
pub(super) async fn write(
    conn: &mut PgConnection,
    keyring: &Keyring,
    read: &[Read<'_>],
    unreadable: &[Unclaimed<'_>],
) -> Result<Applied, StoreError> {
    let mut aside = Aside { unclaimed: unreadable.to_vec(), kept: HashSet::new() };
    let mut applied = statuses::apply(conn, keyring, read, &mut aside).await?;
    applied.heard = news::apply(conn, keyring, read, &mut aside).await?;
    keep::keep(conn, keyring, &aside.unclaimed).await?;
    status_flow::note(conn, &applied.flows, clock::now()).await?;
    applied.unclaimed = aside.unclaimed.iter().map(|kept| kept.reason).collect();
    Ok(applied)
}

/// Events to keep aside, each once for an account.
pub(super) struct Aside<'a> {
    unclaimed: Vec<Unclaimed<'a>>,
    kept: HashSet<(EventId, String)>,
}

impl<'a> Aside<'a> {
    pub(super) fn put(&mut self, event: &'a RawEvent, account: &str, reason: Reason) {
        if self.kept.insert((event.head.id, account.to_owned())) {
            self.unclaimed.push(Unclaimed { event, account: account.to_owned(), reason, detail: None });
        }
    }
}
