//! What a batch says of messages that were sent.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};
use shared::channels::contract::{PlatformError, StatusTarget, StatusUpdate};
use shared::domain::ids::AccountId;
use shared::store::accounts::resolve::{self, ConnectedAccount, ExternalAccount};
use shared::store::messages::status::{self, News};
use shared::store::messages::watermark::{self, Watermark};
use shared::store::status_flow::Flow;
use shared::store::unclaimed::keep::Reason;
use shared::store::{Keyring, PgConnection, StoreError};

use super::follow;
use super::writing::{Applied, Aside, Read};

pub(super) async fn apply<'a>(
    conn: &mut PgConnection,
    keyring: &Keyring,
    read: &'a [Read<'a>],
    aside: &mut Aside<'a>,
) -> Result<Applied, StoreError> {
    let accounts = connected(conn, read).await?;
    let (mut news, mut marks) = (Vec::new(), Vec::new());
    let mut flows: BTreeMap<AccountId, Flow> = BTreeMap::new();
    for Read { event, parsed } in read {
        for update in &parsed.statuses {
            match accounts.get(&(event.head.channel, update.account.clone())) {
                Some(account) if account.app == event.head.app => {
                    let received_at = event.head.received_at;
                    let flow = flows.entry(account.id).or_insert(Flow {
                        merchant_id: account.merchant_id,
                        received_at,
                        confirmed_at: None,
                    });
                    flow.received_at = received_at.max(flow.received_at);
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
    let mut done = status::apply(conn, &news).await?;
    let reached = watermark::apply(conn, &marks).await?;
    let (carried, told) = follow::follow(conn, keyring, &news, &mut done).await?;
    for (account, flow) in &mut flows {
        flow.confirmed_at = done.confirmed.get(account).copied();
    }
    Ok(Applied {
        changed: done.changed + reached,
        orphans: done.orphans,
        total: (news.len() + marks.len()) as u64,
        carried,
        told,
        unblocked: done.unblocked,
        flows,
        ..Applied::default()
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
        attempt: outbound_ref.map(|ours| ours.attempt),
        status: update.status,
        at: update.at,
        error: update.error.as_ref().map(|error| errors_json(error, &update.more_errors)),
        pricing: update.pricing.clone(),
        recipient: update.recipient.clone(),
    })
}

/// A platform's error as a message's row keeps it.
pub(crate) fn error_json(error: &PlatformError) -> Value {
    serde_json::to_value(error).unwrap_or_else(|_| json!({ "code": error.code, "title": error.title }))
}

/// The first error decides; the others stand below it.
fn errors_json(first: &PlatformError, others: &[PlatformError]) -> Value {
    let mut json = error_json(first);
    if !others.is_empty() {
        json["others"] = others.iter().map(error_json).collect();
    }
    json
}
