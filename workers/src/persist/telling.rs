//! Messages as rows, contents sealed.
//!
//! To seal costs more than anything else that is done to a message outside of PostgreSQL, and needs nothing of it but a
//! key. So it is done before the transaction, while others write.

use std::sync::Arc;

use shared::domain::ids::MerchantId;
use shared::domain::message::{Author, Direction, Saying};
use shared::domain::status::MessageStatus;
use shared::store::StoreError;
use shared::store::accounts::resolve::ConnectedAccount;
use shared::store::keyring::Keys;
use shared::store::messages::CONTENT;
use shared::store::messages::insert::Told;
use shared::store::seal::Binding;

use super::claiming::Owned;
use super::reading::ReadMessage;
use super::writing::Claimed;

/// What a content needs beside its words, in bytes.
const TYPICAL: usize = 128;

/// A message of a connected account, as it can be stored.
pub(super) struct Sealed {
    pub(super) read: ReadMessage,
    pub(super) account: Arc<ConnectedAccount>,
    /// What it says, sealed for its row.
    pub(super) content: Vec<u8>,
}

/// Seals the contents of `owned` for their merchants.
pub(super) fn seal(keys: &Keys, owned: Vec<Owned>) -> Result<Vec<Sealed>, StoreError> {
    let seal = |(read, account): Owned| {
        let content = sealed(keys, &read, account.merchant_id)?;
        Ok(Sealed { read, account, content })
    };
    owned.into_iter().map(seal).collect()
}

fn sealed(keys: &Keys, read: &ReadMessage, merchant: MerchantId) -> Result<Vec<u8>, StoreError> {
    let message = &read.message;
    let mut said = Vec::with_capacity(TYPICAL + message.content.text().map_or(0, str::len));
    serde_json::to_writer(&mut said, &Saying::of(&message.content, &message.surroundings))
        .map_err(|error| StoreError::Corrupt { table: "messages", problem: error.to_string() })?;
    Ok(keys.of(merchant)?.seal(Binding::new(CONTENT, read.id), &said)?)
}

/// The rows of `claimed`, in their order.
pub(super) fn tell<'a>(claimed: &[Claimed<'a>]) -> Vec<Told<'a>> {
    claimed.iter().map(told).collect()
}

fn told<'a>(claimed: &Claimed<'a>) -> Told<'a> {
    let message = &claimed.read.message;
    let (author, status) = match message.direction {
        Direction::Inbound => (Author::Contact, MessageStatus::Delivered),
        Direction::Outbound => (Author::Agent, MessageStatus::Sent),
    };
    Told {
        id: claimed.read.id,
        merchant_id: claimed.account.merchant_id,
        account_id: claimed.account.id,
        conversation_id: claimed.conversation.id,
        contact_id: claimed.contact_id,
        direction: message.direction,
        author,
        kind: message.content.kind(),
        content: claimed.content,
        platform_id: &message.platform_id,
        reply_to: message.reply_to.as_deref(),
        about: message.content.is_about(),
        status,
        written_at: message.sent_at,
        received_at: claimed.read.received_at,
        trace: claimed.read.trace,
    }
}
