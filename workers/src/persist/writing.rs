//! One transaction that stores what a batch says.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use shared::domain::conversation::Handler;
use shared::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId};
use shared::domain::message::{Author, Direction};
use shared::domain::person::Person;
use shared::domain::status::MessageStatus;
use shared::store::accounts::resolve::{self, ConnectedAccount, ExternalAccount};
use shared::store::contacts::{self, Sighting};
use shared::store::conversations::open::{self, Open, Pair, Summary};
use shared::store::inbox::{self, Unread};
use shared::store::keyring::Keys;
use shared::store::messages::insert::{self, Told};
use shared::store::messages::{CONTENT, queue};
use shared::store::seal::Binding;
use shared::store::unclaimed::keep::{self, Reason, Unclaimed};
use shared::store::{Keyring, PgConnection, StoreError, reach};

use super::reading::{ReadMessage, Reading};
use super::{files, stop_words};

/// What was stored, and who has to be woken for it.
#[derive(Debug, Default)]
pub struct Written {
    /// Messages that are new.
    pub stored: usize,
    /// Messages whose row was there before.
    pub known: usize,
    /// Why events were kept aside, one for each.
    pub unclaimed: Vec<Reason>,
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
    let claimed = place(conn, fresh).await?;
    let merchants: Vec<MerchantId> = claimed.iter().map(|claimed| claimed.account.merchant_id).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    let new = store(conn, &keys, &claimed).await?;
    written.known += claimed.len() - new.len();
    written.stored = new.len();

    let stored: Vec<&Claimed<'_>> = claimed.iter().filter(|claimed| new.contains(&claimed.read.id)).collect();
    open::summarise(conn, &summaries(&keys, &stored)?).await?;
    written.unread = hand_to_flow(conn, &stored).await?;
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

type Owned<'a> = (&'a ReadMessage<'a>, &'a ConnectedAccount);

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

/// Finds each message's contact and open conversation; the conversations stay locked.
async fn place<'a>(conn: &mut PgConnection, fresh: Vec<Owned<'a>>) -> Result<Vec<Claimed<'a>>, StoreError> {
    let sightings: Vec<Sighting> = fresh.iter().map(|(read, account)| sighting(read, account)).collect();
    let contacts = contacts::meet(conn, &sightings).await?;
    let mut pairs: BTreeMap<Pair, (MerchantId, DateTime<Utc>)> = BTreeMap::new();
    for ((read, account), contact) in fresh.iter().zip(&contacts) {
        let pair = Pair { account_id: account.id, contact_id: *contact };
        let opened = pairs.entry(pair).or_insert((account.merchant_id, read.message.sent_at));
        opened.1 = opened.1.min(read.message.sent_at);
    }
    let open = open::lock_open(conn, &pairs).await?;
    fresh
        .into_iter()
        .zip(contacts)
        .map(|((read, account), contact_id)| {
            let pair = Pair { account_id: account.id, contact_id };
            let conversation = open.get(&pair).copied().ok_or_else(|| StoreError::Corrupt {
                table: "conversations",
                problem: "a conversation was closed while it was being opened".to_owned(),
            })?;
            Ok(Claimed { read, account, contact_id, conversation })
        })
        .collect()
}

fn sighting(read: &ReadMessage<'_>, account: &ConnectedAccount) -> Sighting {
    let message = &read.message;
    Sighting {
        person: Person {
            merchant_id: account.merchant_id,
            account_id: account.id,
            identities: message.identities.clone(),
        },
        display_name: message.display_name.clone(),
        username: message.username.clone(),
        at: message.sent_at,
    }
}

async fn store(
    conn: &mut PgConnection,
    keys: &Keys,
    claimed: &[Claimed<'_>],
) -> Result<HashSet<MessageId>, StoreError> {
    let told = claimed.iter().map(|claimed| told(keys, claimed)).collect::<Result<Vec<_>, _>>()?;
    insert::insert(conn, &told).await
}

fn told(keys: &Keys, claimed: &Claimed<'_>) -> Result<Told, StoreError> {
    let message = &claimed.read.message;
    let content = serde_json::to_vec(&message.content)
        .map_err(|error| StoreError::Corrupt { table: "messages", problem: error.to_string() })?;
    let binding = Binding::new(CONTENT, claimed.read.id);
    let (author, status) = match message.direction {
        Direction::Inbound => (Author::Contact, MessageStatus::Delivered),
        Direction::Outbound => (Author::Agent, MessageStatus::Sent),
    };
    Ok(Told {
        id: claimed.read.id,
        merchant_id: claimed.account.merchant_id,
        account_id: claimed.account.id,
        conversation_id: claimed.conversation.id,
        contact_id: claimed.contact_id,
        direction: message.direction,
        author,
        kind: message.content.kind(),
        content: keys.of(claimed.account.merchant_id)?.seal(binding, &content)?,
        platform_id: message.platform_id.clone(),
        reply_to: message.reply_to.clone(),
        status,
        written_at: message.sent_at,
        received_at: claimed.read.event.head.received_at,
    })
}

fn summaries(keys: &Keys, stored: &[&Claimed<'_>]) -> Result<Vec<Summary>, StoreError> {
    let mut summaries: BTreeMap<ConversationId, (Summary, &Claimed<'_>)> = BTreeMap::new();
    for claimed in stored {
        let (message, id) = (&claimed.read.message, claimed.conversation.id);
        let (summary, last) = summaries.entry(id).or_insert_with(|| {
            let summary = Summary {
                id,
                added: 0,
                unread: 0,
                last_inbound_at: None,
                last_message_at: message.sent_at,
                last_message_id: claimed.read.id,
                preview: Vec::new(),
            };
            (summary, claimed)
        });
        summary.added += 1;
        if message.direction == Direction::Inbound {
            summary.unread += 1;
            summary.last_inbound_at = summary.last_inbound_at.max(Some(message.sent_at));
        }
        if message.sent_at >= summary.last_message_at {
            summary.last_message_at = message.sent_at;
            summary.last_message_id = claimed.read.id;
            *last = claimed;
        }
    }
    summaries
        .into_values()
        .map(|(mut summary, last)| {
            let keys = keys.of(last.account.merchant_id)?;
            summary.preview = queue::preview(keys, summary.id, &last.read.message.content)?;
            Ok(summary)
        })
        .collect()
}

/// Writes the flow engine its inbox: where the account answers by itself and no person has the conversation.
async fn hand_to_flow(conn: &mut PgConnection, stored: &[&Claimed<'_>]) -> Result<HashSet<ConversationId>, StoreError> {
    let unread: Vec<Unread> = stored
        .iter()
        .filter(|claimed| claimed.read.message.direction == Direction::Inbound)
        .filter(|claimed| claimed.account.auto_reply_enabled && claimed.conversation.handler != Handler::Human)
        .map(|claimed| Unread {
            message_id: claimed.read.id,
            merchant_id: claimed.account.merchant_id,
            account_id: claimed.account.id,
            conversation_id: claimed.conversation.id,
            sent_at: claimed.read.message.sent_at,
            received_at: claimed.read.event.head.received_at,
            position: claimed.read.position,
        })
        .collect();
    inbox::add(conn, &unread).await?;
    Ok(unread.iter().map(|one| one.conversation_id).collect())
}
