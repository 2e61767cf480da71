//! Whose messages are: those of connected accounts, and those that are nobody's.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use shared::store::accounts::resolve::{self, ConnectedAccount, ExternalAccount};
use shared::store::unclaimed::keep::{self, Reason, Unclaimed};
use shared::store::{Keyring, PgPool, StoreError};

use super::reading::{ReadMessage, Reading};

/// A message and the account it came to.
pub(super) type Owned = (ReadMessage, Arc<ConnectedAccount>);

/// The connected accounts that `reading` names.
pub(super) async fn accounts(
    pool: &PgPool,
    reading: &Reading<'_>,
) -> Result<HashMap<ExternalAccount, ConnectedAccount>, StoreError> {
    let wanted: HashSet<ExternalAccount> = reading.messages.iter().map(|read| reading.account(read)).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted: Vec<ExternalAccount> = wanted.into_iter().collect();
    let mut conn = pool.acquire().await?;
    resolve::resolve(&mut conn, &wanted).await
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
    let accounts: HashMap<ExternalAccount, Arc<ConnectedAccount>> =
        accounts.into_iter().map(|(external, account)| (external, Arc::new(account))).collect();
    let (mut owned, mut unclaimed) = (Vec::with_capacity(reading.messages.len()), Vec::new());
    let mut kept = HashSet::new();
    for read in mem::take(&mut reading.messages) {
        let event = &reading.events[read.event];
        let reason = match accounts.get(&reading.account(&read)) {
            Some(account) if account.app == event.head.app => {
                owned.push((read, Arc::clone(account)));
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
