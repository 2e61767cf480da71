//! One transaction that stores what a batch says.

use std::collections::{BTreeMap, HashMap, HashSet};

use shared::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId};
use shared::domain::message::Direction;
use shared::store::accounts::resolve::{self, ConnectedAccount, ExternalAccount};
use shared::store::conversations::open::{self, Open};
use shared::store::messages::insert::Told;
use shared::store::messages::{amend, insert, reactions};
use shared::store::unclaimed::keep::{self, Reason, Unclaimed};
use shared::store::{Keyring, PgConnection, StoreError, reach};

use super::reading::{ReadMessage, Reading};
use super::{effects, files, placing, stop_words, telling};

/// What was stored, and who has to be woken for it.
#[derive(Debug, Default)]
pub struct Written {
    /// Messages that are new.
    pub stored: usize,
    /// Messages whose row was there before.
    pub known: usize,
    /// Why events were kept aside, one for each.
    pub unclaimed: Vec<Reason>,
    /// Contacts that turned out to be others.
    pub merged: usize,
    /// Consents withdrawn by a word.
    pub withdrawals: usize,
    /// Conversations that the flow engine has to read.
    pub unread: HashSet<ConversationId>,
    /// Accounts that have something to send.
    pub to_send: HashSet<AccountId>,
    /// Accounts that have files to fetch.
    pub to_fetch: HashSet<AccountId>,
    /// How many new messages came in for each account.
    pub received: BTreeMap<AccountId, u32>,
}

/// A message whose account is connected.
pub(super) struct Claimed<'a> {
    pub(super) read: &'a ReadMessage<'a>,
    pub(super) account: &'a ConnectedAccount,
    pub(super) contact_id: ContactId,
    pub(super) conversation: Open,
}

/// Stores `reading`. Idempotent: what is stored already stays as it is.
pub async fn write(conn: &mut PgConnection, keyring: &Keyring, reading: &Reading<'_>) -> Result<Written, StoreError> {
    let wanted: HashSet<ExternalAccount> = reading.messages.iter().map(ReadMessage::account).collect();
    let wanted: Vec<ExternalAccount> = wanted.into_iter().collect();
    let accounts = resolve::resolve(conn, &wanted).await?;

    let (owned, mut unclaimed) = claim(reading, &accounts);
    unclaimed.extend(reading.unreadable.iter().cloned());
    keep::keep(conn, keyring, &unclaimed).await?;

    let mut written = Written { unclaimed: unclaimed.iter().map(|kept| kept.reason).collect(), ..Written::default() };
    let fresh = fresh(conn, owned, &mut written).await?;
    if fresh.is_empty() {
        return Ok(written);
    }
    let placed = placing::place(conn, keyring, fresh).await?;
    written.merged = placed.merged;
    let claimed = placed.claimed;
    let merchants: Vec<MerchantId> = claimed.iter().map(|claimed| claimed.account.merchant_id).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    let mut told = telling::tell(&keys, &claimed)?;
    let new = insert::insert(conn, &told).await?;
    written.known += claimed.len() - new.len();
    written.stored = new.len();

    told.retain(|message| new.contains(&message.id));
    let stored: Vec<&Claimed<'_>> = claimed.iter().filter(|claimed| new.contains(&claimed.read.id)).collect();
    after(conn, &told).await?;
    open::summarise(conn, &effects::summaries(&keys, &stored)?).await?;
    written.unread = effects::hand_to_flow(conn, &stored).await?;
    for claimed in stored.iter().filter(|claimed| claimed.read.message.direction == Direction::Inbound) {
        *written.received.entry(claimed.account.id).or_default() += 1;
    }
    let who_wrote: Vec<ContactId> = stored.iter().map(|claimed| claimed.contact_id).collect();
    reach::reached(conn, &who_wrote).await?;
    let stopped = stop_words::withdraw(conn, &keys, &stored).await?;
    written.withdrawals = stopped.withdrawals;
    written.to_send = stopped.to_send;
    written.to_fetch = files::note(conn, &keys, &stored).await?;
    Ok(written)
}

/// What stored messages do to others.
async fn after(conn: &mut PgConnection, told: &[Told]) -> Result<(), StoreError> {
    amend::mark(conn, told).await?;
    reactions::note(conn, told).await
}

pub(super) type Owned<'a> = (&'a ReadMessage<'a>, &'a ConnectedAccount);

/// Parts the messages of connected accounts from those that are nobody's; an event is kept once for
/// each account it names.
fn claim<'a>(
    reading: &'a Reading<'a>,
    accounts: &'a HashMap<ExternalAccount, ConnectedAccount>,
) -> (Vec<Owned<'a>>, Vec<Unclaimed<'a>>) {
    let (mut owned, mut unclaimed) = (Vec::new(), Vec::new());
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
    (owned, unclaimed)
}

/// Leaves out what is stored already, what the batch tells twice, and echoes of our own sends.
async fn fresh<'a>(
    conn: &mut PgConnection,
    owned: Vec<Owned<'a>>,
    written: &mut Written,
) -> Result<Vec<Owned<'a>>, StoreError> {
    let ids: Vec<MessageId> = owned.iter().map(|(read, _)| read.id).collect();
    let mut seen = insert::known(conn, &ids).await?;
    let ours = our_own_sends(conn, &owned).await?;
    let total = owned.len();
    let fresh: Vec<Owned<'a>> = owned
        .into_iter()
        .filter(|(read, account)| {
            let is_ours =
                read.message.outbound_ref.is_some() || ours.contains(&(account.id, read.message.platform_id.clone()));
            !is_ours && seen.insert(read.id)
        })
        .collect();
    written.known = total - fresh.len();
    Ok(fresh)
}

/// Of the echoes among `owned`, those of messages that Loa sent and knows by the platform's id.
async fn our_own_sends(
    conn: &mut PgConnection,
    owned: &[Owned<'_>],
) -> Result<HashSet<(AccountId, String)>, StoreError> {
    let echoes = owned.iter().filter(|(read, _)| read.message.direction == Direction::Outbound);
    let (accounts, platform_ids): (Vec<AccountId>, Vec<String>) =
        echoes.map(|(read, account)| (account.id, read.message.platform_id.clone())).unzip();
    insert::sent_as(conn, &accounts, &platform_ids).await
}
