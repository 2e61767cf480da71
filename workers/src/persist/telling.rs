//! Messages as rows, contents sealed.

use shared::domain::message::{Author, Direction, Saying};
use shared::domain::status::MessageStatus;
use shared::store::StoreError;
use shared::store::keyring::Keys;
use shared::store::messages::CONTENT;
use shared::store::messages::insert::Told;
use shared::store::seal::Binding;

use super::writing::Claimed;

/// The rows of `claimed`, in their order.
pub(super) fn tell(keys: &Keys, claimed: &[Claimed<'_>]) -> Result<Vec<Told>, StoreError> {
    claimed.iter().map(|claimed| told(keys, claimed)).collect()
}

fn told(keys: &Keys, claimed: &Claimed<'_>) -> Result<Told, StoreError> {
    let message = &claimed.read.message;
    let said = serde_json::to_vec(&Saying::of(&message.content, &message.surroundings))
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
        content: keys.of(claimed.account.merchant_id)?.seal(binding, &said)?,
        platform_id: message.platform_id.clone(),
        reply_to: message.reply_to.clone(),
        about: message.content.is_about().map(str::to_owned),
        status,
        written_at: message.sent_at,
        received_at: claimed.read.received_at,
        trace: claimed.read.trace,
    })
}
