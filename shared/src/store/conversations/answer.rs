//! A merchant's answer into a conversation: what has to be known before, and what it changes.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::domain::account::AccountStatus;
use crate::domain::channel::Channel;
use crate::domain::conversation::Handler;
use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId};
use crate::store::error::StoreError;
use crate::store::flows::sessions;

/// A conversation that is about to be answered, locked until the transaction ends.
#[derive(Clone, Copy, Debug)]
pub struct Answerable {
    /// The conversation: the one that was asked for, or the one that it went into.
    pub id: ConversationId,
    /// In whose name.
    pub account_id: AccountId,
    /// Whether that account can be used.
    pub account_status: AccountStatus,
    /// To whom.
    pub contact_id: ContactId,
    /// Whether the conversation is open.
    pub open: bool,
    /// When the customer last wrote.
    pub last_inbound_at: Option<DateTime<Utc>>,
}

/// Locks a conversation of `merchant` on `channel`.
pub async fn lock(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    id: ConversationId,
) -> Result<Option<Answerable>, StoreError> {
    let row = sqlx::query!(
        "select c.id, c.account_id, a.status as account_status, c.contact_id, c.status, c.last_inbound_at
         from conversations c
         join accounts a on a.id = c.account_id and a.merchant_id = c.merchant_id
         where c.merchant_id = $1 and a.channel = $2
           and c.id = (select coalesce((select went.merged_into from conversations went where went.id = $3), $3))
         for no key update of c",
        merchant.0,
        channel.as_str(),
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let account_status = row
            .account_status
            .parse()
            .map_err(|error| StoreError::Corrupt { table: "accounts", problem: format!("{error}") })?;
        Ok(Answerable {
            id: row.id.into(),
            account_id: row.account_id.into(),
            account_status,
            contact_id: row.contact_id.into(),
            open: row.status == "open",
            last_inbound_at: row.last_inbound_at,
        })
    })
    .transpose()
}

/// A person has answered: the conversation is theirs, what came in before has been read, and a flow that was under way is
/// over.
pub async fn taken_over(conn: &mut PgConnection, merchant: MerchantId, id: ConversationId) -> Result<(), StoreError> {
    let before = sqlx::query_scalar!(
        "with was as (select handler from conversations where merchant_id = $1 and id = $2)
         update conversations c set handler = $3, unread_count = 0, handed_over_at = null
         from was where c.merchant_id = $1 and c.id = $2 returning was.handler",
        merchant.0,
        id.0,
        Handler::Human.as_str()
    )
    .fetch_optional(&mut *conn)
    .await?;
    match before {
        Some(before) if before != Handler::Human.as_str() => sessions::stop(conn, merchant, id).await,
        _ => Ok(()),
    }
}
