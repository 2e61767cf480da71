//! One transaction that applies what a batch says of messages and accounts.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use shared::channels::contract::{PlatformError, StatusTarget, StatusUpdate};
use shared::channels::{self, contract::Parsed};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{AccountId, EventId, MerchantId};
use shared::events::raw::RawEvent;
use shared::store::account_events::{self, AccountEvent};
use shared::store::accounts::resolve::{self, ConnectedAccount, ExternalAccount};
use shared::store::messages::status::{self, News};
use shared::store::messages::watermark::{self, Watermark};
use shared::store::status_flow::{self, Newest};
use shared::store::unclaimed::keep::{self, Reason, Unclaimed};
use shared::store::{Keyring, PgConnection, StoreError};

use super::follow;
use crate::send::remedies::Carried;

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
    /// Why events were kept aside, one for each.
    pub unclaimed: Vec<Reason>,
}

/// An event and what it says; `None` where it does not read, which persist or this worker keeps.
pub(super) struct Read<'a> {
    event: &'a RawEvent,
    parsed: Parsed,
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
    let mut applied = apply_statuses(conn, keyring, read, &mut aside).await?;
    keep_account_news(conn, keyring, read, &mut aside).await?;
    keep::keep(conn, keyring, &aside.unclaimed).await?;
    applied.unclaimed = aside.unclaimed.iter().map(|kept| kept.reason).collect();
    Ok(applied)
}

/// Events to keep aside, each once for an account.
struct Aside<'a> {
    unclaimed: Vec<Unclaimed<'a>>,
    kept: HashSet<(EventId, String)>,
}

impl<'a> Aside<'a> {
    fn put(&mut self, event: &'a RawEvent, account: &str, reason: Reason) {
        if self.kept.insert((event.head.id, account.to_owned())) {
            self.unclaimed.push(Unclaimed { event, account: account.to_owned(), reason, detail: None });
        }
    }
}

async fn apply_statuses<'a>(
    conn: &mut PgConnection,
    keyring: &Keyring,
    read: &'a [Read<'a>],
    aside: &mut Aside<'a>,
) -> Result<Applied, StoreError> {
    let accounts = connected(conn, read).await?;
    let (mut news, mut marks, mut newest) = (Vec::new(), Vec::new(), Newest::new());
    for Read { event, parsed } in read {
        for update in &parsed.statuses {
            match accounts.get(&(event.head.channel, update.account.clone())) {
                Some(account) if account.app == event.head.app => {
                    let (_, seen) = newest.entry(account.id).or_insert((account.merchant_id, event.head.received_at));
                    *seen = event.head.received_at.max(*seen);
                    match &update.target {
                        StatusTarget::Message { .. } => news.extend(news_of(account, update)),
                        StatusTarget::UpTo { contact, watermark } => marks.push(Watermark {
                            account_id: account.id,
                            contact: contact.clone(),
                            status: update.status,
                            at: *watermark,
                        }),
                    }
                }
                Some(_) => aside.put(event, &update.account, Reason::OtherApp),
                None => aside.put(event, &update.account, Reason::UnknownAccount),
            }
        }
    }
    let done = status::apply(conn, &news).await?;
    let reached = watermark::apply(conn, &marks).await?;
    status_flow::note(conn, &newest, clock::now()).await?;
    let carried = follow::follow(conn, keyring, &news, done.failed).await?;
    Ok(Applied {
        changed: done.changed + reached,
        orphans: done.orphans,
        total: (news.len() + marks.len()) as u64,
        carried,
        unclaimed: Vec::new(),
    })
}

async fn connected(
    conn: &mut PgConnection,
    read: &[Read<'_>],
) -> Result<HashMap<ExternalAccount, ConnectedAccount>, StoreError> {
    let wanted: HashSet<ExternalAccount> = read
        .iter()
        .flat_map(|Read { event, parsed }| {
            parsed.statuses.iter().map(|update| (event.head.channel, update.account.clone()))
        })
        .collect();
    let wanted: Vec<ExternalAccount> = wanted.into_iter().collect();
    resolve::resolve(conn, &wanted).await
}

fn news_of(account: &ConnectedAccount, update: &StatusUpdate) -> Option<News> {
    let StatusTarget::Message { platform_id, outbound_ref } = &update.target else {
        return None;
    };
    Some(News {
        merchant_id: account.merchant_id,
        account_id: account.id,
        platform_id: platform_id.clone(),
        message_id: outbound_ref.map(|ours| ours.message_id),
        status: update.status,
        at: update.at,
        error: update.error.as_ref().map(error_json),
        pricing: update.pricing.clone(),
    })
}

/// A platform's error as a message's row keeps it.
pub(crate) fn error_json(error: &PlatformError) -> Value {
    serde_json::to_value(error).unwrap_or_else(|_| json!({ "code": error.code, "title": error.title }))
}

async fn keep_account_news<'a>(
    conn: &mut PgConnection,
    keyring: &Keyring,
    read: &'a [Read<'a>],
    aside: &mut Aside<'a>,
) -> Result<(), StoreError> {
    let subjects: HashSet<(Channel, String)> = read
        .iter()
        .flat_map(|Read { event, parsed }| {
            parsed.account.iter().map(|update| (event.head.channel, update.subject.clone()))
        })
        .collect();
    let subjects: Vec<(Channel, String)> = subjects.into_iter().collect();
    let concerned = account_events::concerned(conn, &subjects).await?;
    let mut news = Vec::new();
    for Read { event, parsed } in read {
        for (update, position) in parsed.account.iter().zip(0..) {
            let accounts = concerned.get(&(event.head.channel, update.subject.clone()));
            let accounts: Vec<(AccountId, MerchantId)> = accounts
                .into_iter()
                .flatten()
                .filter(|(_, _, app)| *app == event.head.app)
                .map(|(account, merchant, _)| (*account, *merchant))
                .collect();
            if accounts.is_empty() {
                aside.put(event, &update.subject, Reason::UnknownAccount);
            }
            news.extend(accounts.into_iter().map(|(account_id, merchant_id)| AccountEvent {
                event_id: event.head.id,
                position,
                merchant_id,
                account_id,
                subject: &update.subject,
                field: &update.field,
                value: &update.value,
                received_at: event.head.received_at,
            }));
        }
    }
    account_events::keep(conn, keyring, &news).await
}
