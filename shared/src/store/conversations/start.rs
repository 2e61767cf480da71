//! A conversation that the merchant begins, and what it is about.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId};
use crate::store::error::StoreError;

/// The open conversation of the account with the contact; opened where there is none. Where the customer wrote in an
/// earlier one, its customer-service window holds in the new one too.
pub async fn open(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
    contact: ContactId,
    at: DateTime<Utc>,
) -> Result<ConversationId, StoreError> {
    sqlx::query!(
        "insert into conversations (id, merchant_id, account_id, contact_id, opened_at, last_message_at, last_inbound_at)
         select $1, $2, $3, $4, $5, $5, (
             select max(c.last_inbound_at) from conversations c
             where c.merchant_id = $2 and c.contact_id = $4 and c.account_id = $3)
         where not exists (
             select 1 from conversations c where c.account_id = $3 and c.contact_id = $4 and c.status = 'open')
         on conflict (account_id, contact_id) where status = 'open' do nothing",
        ConversationId::new().0,
        merchant.0,
        account.0,
        contact.0,
        at
    )
    .execute(&mut *conn)
    .await?;
    let id = sqlx::query_scalar!(
        "select id from conversations
         where merchant_id = $1 and account_id = $2 and contact_id = $3 and status = 'open'",
        merchant.0,
        account.0,
        contact.0
    )
    .fetch_optional(conn)
    .await?;
    // Closed by somebody else just now.
    id.map(ConversationId).ok_or(StoreError::Raced("conversations"))
}

/// Adds to what the conversation is about; a name that is there gets the new value.
pub async fn refer(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ConversationId,
    refs: &Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update conversations set refs = refs || $3 where merchant_id = $1 and id = $2 and not refs @> $3",
        merchant.0,
        id.0,
        refs
    )
    .execute(conn)
    .await?;
    Ok(())
}
