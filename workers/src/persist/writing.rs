//! One transaction that stores messages and all that follows from them.

use std::collections::{BTreeMap, HashSet};

use shared::domain::ids::{AccountId, ContactId, ConversationId, MessageId};
use shared::domain::message::Direction;
use shared::domain::person::AddressKey;
use shared::store::accounts::resolve::ConnectedAccount;
use shared::store::conversations::open::{Open, Pair};
use shared::store::conversations::summary;
use shared::store::keyring::Keys;
use shared::store::messages::insert::Told;
use shared::store::messages::{amend, insert, reactions};
use shared::store::{Keyring, PgConnection, StoreError, reach};

use super::reading::ReadMessage;
use super::recent::Guesses;
use super::telling::Sealed;
use super::{effects, files, placing, stop_words, telling};

/// What was stored, and who has to be woken for it.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Messages that are new.
    pub(super) stored: usize,
    /// Messages whose row was there before.
    pub(super) known: usize,
    /// Contacts that turned out to be others.
    pub(super) merged: usize,
    /// Consents withdrawn by a word.
    pub(super) withdrawals: usize,
    /// Conversations that the flow engine has to read.
    pub(super) unread: HashSet<ConversationId>,
    /// Accounts that have something to send.
    pub(super) to_send: HashSet<AccountId>,
    /// Accounts that have files to fetch.
    pub(super) to_fetch: HashSet<AccountId>,
    /// How many new messages came in for each account.
    pub(super) received: BTreeMap<AccountId, u32>,
    /// Addresses that may be remembered, with whose they are.
    pub(super) settled: Vec<(AddressKey, ContactId)>,
    /// The conversations written into that are open.
    pub(super) open: Vec<(Pair, ConversationId)>,
}

/// A message whose account is connected.
pub(super) struct Claimed<'a> {
    pub(super) read: &'a ReadMessage,
    pub(super) account: &'a ConnectedAccount,
    /// What it says, sealed.
    pub(super) content: &'a [u8],
    pub(super) contact_id: ContactId,
    /// Nobody had met the contact before this batch.
    pub(super) contact_is_new: bool,
    /// The customer withdraws consent by it.
    pub(super) says_stop: bool,
    pub(super) conversation: Open,
}

/// Stores the messages of a `share`. Idempotent: what is stored already stays as it is.
pub(super) async fn write(
    conn: &mut PgConnection,
    keyring: &Keyring,
    keys: &Keys,
    guesses: &mut Guesses<'_>,
    share: &[Sealed],
) -> Result<Written, StoreError> {
    let mut written = Written::default();
    let fresh = fresh(conn, share, &mut written).await?;
    if fresh.is_empty() {
        return Ok(written);
    }
    let placed = placing::place(conn, keyring, guesses, fresh).await?;
    written.merged = placed.merged;
    (written.settled, written.open) = (placed.settled, placed.open);
    let claimed = placed.claimed;
    let told = telling::tell(&claimed);
    insert::insert(conn, &told).await?;
    written.stored = claimed.len();

    let of_a_person = summary::summarise(conn, &effects::summaries(keys, &claimed)?).await?;
    after(conn, &told).await?;
    written.unread = effects::hand_to_flow(conn, &claimed, &of_a_person).await?;
    for claimed in claimed.iter().filter(|claimed| claimed.read.message.direction == Direction::Inbound) {
        *written.received.entry(claimed.account.id).or_default() += 1;
    }
    reach::reached(conn, &placed.struck).await?;
    let stopped = stop_words::withdraw(conn, keys, &claimed).await?;
    written.withdrawals = stopped.withdrawals;
    written.to_send = stopped.to_send;
    written.to_fetch = files::note(conn, keys, &claimed).await?;
    Ok(written)
}

/// What stored messages do to others.
async fn after(conn: &mut PgConnection, told: &[Told<'_>]) -> Result<(), StoreError> {
    amend::mark(conn, told).await?;
    reactions::note(conn, told).await
}

/// Leaves out what is stored already, what the batch tells twice, and echoes of our own sends.
async fn fresh<'a>(
    conn: &mut PgConnection,
    share: &'a [Sealed],
    written: &mut Written,
) -> Result<Vec<&'a Sealed>, StoreError> {
    let ids: Vec<MessageId> = share.iter().map(|sealed| sealed.read.id).collect();
    let mut seen = insert::known(conn, &ids).await?;
    let ours = our_own_sends(conn, share).await?;
    let fresh: Vec<&Sealed> =
        share.iter().filter(|sealed| !is_ours(sealed, &ours) && seen.insert(sealed.read.id)).collect();
    written.known = share.len() - fresh.len();
    Ok(fresh)
}

fn is_ours(sealed: &Sealed, sent: &HashSet<(AccountId, String)>) -> bool {
    let message = &sealed.read.message;
    let was_sent = || sent.contains(&(sealed.account.id, message.platform_id.clone()));
    message.outbound_ref.is_some() || is_echo(sealed) && was_sent()
}

fn is_echo(sealed: &Sealed) -> bool {
    sealed.read.message.direction == Direction::Outbound
}

/// Of the echoes in a `share`, those of messages that Loa sent and knows by the platform's id.
async fn our_own_sends(conn: &mut PgConnection, share: &[Sealed]) -> Result<HashSet<(AccountId, String)>, StoreError> {
    let echoes = share.iter().filter(|sealed| is_echo(sealed));
    let (accounts, platform_ids): (Vec<AccountId>, Vec<String>) =
        echoes.map(|echo| (echo.account.id, echo.read.message.platform_id.clone())).unzip();
    insert::sent_as(conn, &accounts, &platform_ids).await
}
