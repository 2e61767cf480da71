//! A customer's word that withdraws consent: noted in the transaction that stores it, whoever has
//! the conversation, and confirmed once.

use std::collections::HashSet;

use chrono::TimeDelta;
use shared::channels::contract::NewMessage;
use shared::domain::consent::{DEFAULT_STOP_REPLY, Purpose, StopWords};
use shared::domain::deterministic;
use shared::domain::ids::{AccountId, ContactId};
use shared::domain::message::{Author, Content, Direction};
use shared::store::accounts::resolve::ConnectedAccount;
use shared::store::consents::{self, Withdrawal};
use shared::store::keyring::Keys;
use shared::store::messages::queue::{self, NewOutbound, PRIORITY_REPLY};
use shared::store::{PgConnection, StoreError};

use super::writing::Claimed;

/// What the words of a batch did.
#[derive(Debug, Default)]
pub(super) struct Stopped {
    pub(super) withdrawals: usize,
    pub(super) to_send: HashSet<AccountId>,
}

/// Withdraws the consent of those who said so in `stored`, and queues a confirmation to each who had
/// not said so before.
pub(super) async fn withdraw(
    conn: &mut PgConnection,
    keys: &Keys,
    stored: &[Claimed<'_>],
) -> Result<Stopped, StoreError> {
    let said: Vec<&Claimed<'_>> = stored.iter().filter(|claimed| claimed.says_stop).collect();
    if said.is_empty() {
        return Ok(Stopped::default());
    }
    let contacts: Vec<ContactId> = said.iter().map(|claimed| claimed.contact_id).collect();
    let mut told = consents::withdrawn(conn, &contacts, Purpose::Marketing).await?;
    let withdrawals: Vec<Withdrawal> = said.iter().map(|claimed| withdrawal(claimed)).collect();
    consents::withdraw_marketing(conn, &withdrawals).await?;

    let first: Vec<&Claimed<'_>> = said.into_iter().filter(|claimed| told.insert(claimed.contact_id)).collect();
    let replies: Vec<Content> = first.iter().map(|claimed| reply(claimed.account)).collect();
    let messages: Vec<NewOutbound<'_>> =
        first.iter().zip(&replies).map(|(claimed, content)| confirmation(claimed, content)).collect();
    queue::queue_all(conn, keys, &messages).await?;
    Ok(Stopped { withdrawals: withdrawals.len(), to_send: first.iter().map(|claimed| claimed.account.id).collect() })
}

/// Whether the customer withdraws consent by a message to `account`.
pub(super) fn says_stop(message: &NewMessage, account: &ConnectedAccount) -> bool {
    let Some(text) = message.content.text().filter(|_| message.direction == Direction::Inbound) else {
        return false;
    };
    let words = match &account.stop_words {
        Some(own) => own,
        None => StopWords::usual(),
    };
    words.are_all_of(text)
}

fn withdrawal(claimed: &Claimed<'_>) -> Withdrawal {
    Withdrawal {
        merchant_id: claimed.account.merchant_id,
        contact_id: claimed.contact_id,
        message_id: claimed.read.id,
        // A NUL is no letter of the word, and PostgreSQL takes none.
        proof: claimed.read.message.content.text().unwrap_or_default().replace('\0', ""),
        at: claimed.read.message.sent_at,
    }
}

fn reply(account: &ConnectedAccount) -> Content {
    Content::text_of(account.stop_reply.as_deref().unwrap_or(DEFAULT_STOP_REPLY))
}

fn confirmation<'a>(claimed: &Claimed<'_>, content: &'a Content) -> NewOutbound<'a> {
    // Just behind what it answers, so that the thread reads in order.
    let at = claimed.read.message.sent_at + TimeDelta::milliseconds(1);
    NewOutbound {
        id: deterministic::reply_id(claimed.read.id, "stop-confirmation", at),
        merchant_id: claimed.account.merchant_id,
        account_id: claimed.account.id,
        conversation_id: claimed.conversation.id,
        contact_id: claimed.contact_id,
        author: Author::System,
        author_user_id: None,
        content,
        reply_to: None,
        reference: None,
        priority: PRIORITY_REPLY,
        not_before: None,
        trace: Some(claimed.read.trace),
        at,
    }
}
