//! Whose messages are: those of connected accounts, and those that are nobody's.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use shared::domain::channel::Channel;
use shared::domain::ids::MerchantId;
use shared::store::accounts::resolve::{self, ConnectedAccount, ExternalAccount};
use shared::store::keyring::Keys;
use shared::store::unclaimed::keep::{self, Reason, Unclaimed};
use shared::store::{Keyring, PgPool, StoreError};

use super::reading::{ReadMessage, Reading};

/// A message and the account it came to.
pub(super) type Owned = (ReadMessage, Arc<ConnectedAccount>);

/// The connected accounts that `reading` names, and what seals for their merchants.
pub(super) async fn accounts(
    pool: &PgPool,
    keyring: &Keyring,
    reading: &Reading<'_>,
) -> Result<(HashMap<ExternalAccount, ConnectedAccount>, Keys), StoreError> {
    let wanted: HashSet<(Channel, &str)> = reading.messages.iter().map(|read| reading.account(read)).collect();
    if wanted.is_empty() {
        return Ok((HashMap::new(), Keys::default()));
    }
    let wanted: Vec<ExternalAccount> = wanted.into_iter().map(|(channel, id)| (channel, id.to_owned())).collect();
    let mut conn = pool.acquire().await?;
    let accounts = resolve::resolve(&mut conn, &wanted).await?;
    let merchants: Vec<MerchantId> = accounts.values().map(|account| account.merchant_id).collect();
    let keys = keyring.of_all(&mut conn, &merchants).await?;
    Ok((accounts, keys))
}

/// Keeps `unclaimed`.
pub(super) async fn keep(pool: &PgPool, keyring: &Keyring, unclaimed: &[Unclaimed<'_>]) -> Result<(), StoreError> {
    if unclaimed.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    keep::keep(&mut transaction, keyring, unclaimed).await?;
    transaction.commit().await?;
    Ok(())
}

/// The messages of connected `accounts`, in their order, and what is nobody's or does not read; an event is kept once
/// for each account it names.
pub(super) fn claim(
    mut reading: Reading<'_>,
    accounts: HashMap<ExternalAccount, ConnectedAccount>,
) -> (Vec<Owned>, Vec<Unclaimed<'_>>) {
    let (names, accounts): (Vec<ExternalAccount>, Vec<ConnectedAccount>) = accounts.into_iter().unzip();
    let names = names.iter().map(|(channel, id)| (*channel, id.as_str()));
    let accounts: HashMap<(Channel, &str), Arc<ConnectedAccount>> =
        names.zip(accounts.into_iter().map(Arc::new)).collect();
    let (mut owned, mut unclaimed) = (Vec::with_capacity(reading.messages.len()), Vec::new());
    let mut kept = HashSet::new();
    for read in mem::take(&mut reading.messages) {
        let event = &reading.events[read.event];
        let account = accounts.get(&reading.account(&read)).cloned();
        let reason = match account {
            Some(account) if account.app == event.head.app => {
                owned.push((read, account));
                continue;
            }
            Some(_) => Reason::OtherApp,
            None => Reason::UnknownAccount,
        };
        let account = read.message.account;
        if kept.insert((event.head.id, account.clone())) {
            unclaimed.push(Unclaimed { event, account, reason, detail: None });
        }
    }
    unclaimed.append(&mut reading.unreadable);
    (owned, unclaimed)
}
