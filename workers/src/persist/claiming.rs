//! Whose messages are: those of connected accounts, and those that are nobody's.

use std::collections::{HashMap, HashSet};

use shared::store::accounts::resolve::{self, ConnectedAccount, ExternalAccount};
use shared::store::unclaimed::keep::{self, Reason, Unclaimed};
use shared::store::{Keyring, PgPool, StoreError};

use super::reading::{ReadMessage, Reading};

/// A message and the account it came to.
pub(super) type Owned<'a> = (&'a ReadMessage<'a>, &'a ConnectedAccount);

/// The connected accounts that `reading` names.
pub(super) async fn accounts(
    pool: &PgPool,
    reading: &Reading<'_>,
) -> Result<HashMap<ExternalAccount, ConnectedAccount>, StoreError> {
    let wanted: HashSet<ExternalAccount> = reading.messages.iter().map(ReadMessage::account).collect();
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
pub(super) fn claim<'a>(
    reading: &'a Reading<'a>,
    accounts: &'a HashMap<ExternalAccount, ConnectedAccount>,
) -> (Vec<Owned<'a>>, Vec<Unclaimed<'a>>) {
    let (mut owned, mut unclaimed) = (Vec::with_capacity(reading.messages.len()), Vec::new());
    let mut kept = HashSet::new();
    for read in &reading.messages {
        let reason = match accounts.get(&read.account()) {
            Some(account) if account.app == read.event.head.app => {
                owned.push((read, account));
                continue;
            }
            Some(_) => Reason::OtherApp,
            None => Reason::UnknownAccount,
        };
        if kept.insert((read.event.head.id, read.message.account.as_str())) {
            let account = read.message.account.clone();
            unclaimed.push(Unclaimed { event: read.event, account, reason, detail: None });
        }
    }
    unclaimed.extend(reading.unreadable.iter().cloned());
    (owned, unclaimed)
}
