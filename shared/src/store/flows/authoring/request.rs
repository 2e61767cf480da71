//! A flow that is asked for by somebody, in one customer's conversation.

use serde_json::{Map, Value};
use sqlx::PgConnection;
use uuid::Uuid;

use super::change::About;
use super::corrupt;
use crate::domain::channel::Channel;
use crate::domain::conversation::Handler;
use crate::domain::ids::{AccountId, ContactId, ConversationId, FlowId, MerchantId};
use crate::flow::event::Happening;
use crate::store::error::StoreError;
use crate::store::flows::events::{self, Heard, NewEvent};
use crate::store::keyring::Keys;

/// A conversation in which a flow may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The conversation.
    pub id: ConversationId,
    /// The merchant's side.
    pub account_id: AccountId,
    /// The customer.
    pub contact_id: ContactId,
    /// Whether it is open.
    pub is_open: bool,
    /// Who answers in it.
    pub handler: Handler,
}

/// An account that a flow works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub id: AccountId,
    /// Whether flows answer on it.
    pub auto_reply_enabled: bool,
}

/// The connected accounts that a flow works on.
pub async fn places(conn: &mut PgConnection, merchant: MerchantId, about: &About) -> Result<Vec<Place>, StoreError> {
    let accounts: Vec<Uuid> = about.account_ids.iter().map(|account| account.0).collect();
    let places = sqlx::query_as!(
        Place,
        "select id, auto_reply_enabled from accounts
         where merchant_id = $1 and status <> 'inactive' and ($2::text is null or channel = $2)
           and ($3::uuid is null or shop_id = $3) and (cardinality($4::uuid[]) = 0 or id = any($4))
         order by id",
        merchant.0,
        about.channel.map(Channel::as_str),
        about.shop_id.map(Uuid::from),
        &accounts
    )
    .fetch_all(conn)
    .await?;
    Ok(places)
}

/// The conversation that is named, or else the latest of the contact, on one of `accounts`. A contact that went into
/// another is that one.
pub async fn thread(
    conn: &mut PgConnection,
    merchant: MerchantId,
    accounts: &[AccountId],
    conversation: Option<ConversationId>,
    contact: Option<ContactId>,
) -> Result<Option<Thread>, StoreError> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    let row = sqlx::query!(
        r#"select c.id, c.account_id, c.contact_id, c.status = 'open' as "is_open!", c.handler
           from conversations c
           where c.merchant_id = $1 and c.account_id = any($2) and ($3::uuid is null or c.id = $3)
             and ($4::uuid is null or c.contact_id = coalesce(
                  (select went.merged_into from contacts went where went.merchant_id = $1 and went.id = $4), $4))
             and ($3::uuid is not null or $4::uuid is not null)
           order by (c.status = 'open') desc, c.last_message_at desc nulls last limit 1"#,
        merchant.0,
        &accounts,
        conversation.map(Uuid::from),
        contact.map(Uuid::from)
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Thread {
            id: row.id.into(),
            account_id: row.account_id.into(),
            contact_id: row.contact_id.into(),
            is_open: row.is_open,
            handler: row.handler.parse().map_err(|error| corrupt("conversations", error))?,
        })
    })
    .transpose()
}

/// The contact that `contact` is now, where it has an address on the channel of `account`.
pub async fn reachable(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
    contact: ContactId,
) -> Result<Option<ContactId>, StoreError> {
    let id = sqlx::query_scalar!(
        "select k.id from contacts k
         join accounts a on a.merchant_id = $1 and a.id = $2
         where k.merchant_id = $1 and k.erased_at is null
           and k.id = (select coalesce((select went.merged_into from contacts went where went.merchant_id = $1 and went.id = $3), $3))
           and exists (
               select 1 from identities i
               where i.merchant_id = $1 and i.contact_id = k.id
                 and (i.scope = '00000000-0000-0000-0000-000000000000' or i.scope = $2)
                 and i.kind = any(case a.channel when 'messenger' then array['psid'] when 'x' then array['x_user']
                                  else array['phone', 'bsuid'] end))",
        merchant.0,
        account.0,
        contact.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(ContactId))
}

/// Has the engine start `flow` in a conversation, with `variables` to begin with.
pub async fn insert(
    conn: &mut PgConnection,
    keys: &Keys,
    merchant: MerchantId,
    conversation: ConversationId,
    flow: FlowId,
    variables: Map<String, Value>,
) -> Result<(), StoreError> {
    let event = NewEvent {
        merchant_id: merchant,
        conversation_id: conversation,
        session_id: None,
        heard: Heard::Happening(Happening::Requested { flow_id: flow, variables }),
    };
    events::add(conn, keys, &[event]).await
}
