//! Messages that were sent, with what a late failure of theirs concerns.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::channel::Channel;
use crate::domain::identity::Identity;
use crate::domain::ids::{AccountId, ContactId, MerchantId, MessageId};
use crate::domain::message::Content;
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;
use crate::store::messages::CONTENT;
use crate::store::seal::Binding;

/// A message that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The message.
    pub message_id: MessageId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// Which account sent it.
    pub account_id: AccountId,
    /// On which platform.
    pub channel: Channel,
    /// The account's business account.
    pub business_id: Option<String>,
    /// The account's app.
    pub app: String,
    /// To whom.
    pub contact_id: ContactId,
    /// The customer's addresses, newest first.
    pub addresses: Vec<Identity>,
    /// How often it was tried.
    pub attempts: u32,
    /// What it says, where it is a template: nothing else is asked for.
    pub content: Option<Content>,
}

/// Those of `messages` that went out, or were to.
pub async fn sent(conn: &mut PgConnection, keyring: &Keyring, messages: &[MessageId]) -> Result<Vec<Sent>, StoreError> {
    let ids: Vec<Uuid> = messages.iter().map(|message| message.0).collect();
    let (Some(least), Some(greatest)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query!(
        r#"select m.id, m.merchant_id, m.account_id, m.contact_id, m.attempts, a.channel, a.business_id, a.app,
                  case when m.kind = 'template' then m.content end as content,
                  array(select i.kind || ':' || i.value from identities i
                        where i.contact_id = m.contact_id and i.scope in ('00000000-0000-0000-0000-000000000000', m.account_id)
                        order by i.created_at desc, i.value) as "addresses!: Vec<String>"
           from messages m join accounts a on a.id = m.account_id
           where m.id = any($1) and m.id between $2 and $3 and m.direction = 'outbound'
           order by m.id"#,
        &ids,
        least,
        greatest
    )
    .fetch_all(&mut *conn)
    .await?;
    let merchants: Vec<MerchantId> = rows.iter().map(|row| MerchantId(row.merchant_id)).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    rows.into_iter()
        .map(|row| {
            let corrupt = |table, problem: String| StoreError::Corrupt { table, problem };
            let (message_id, merchant_id) = (MessageId(row.id), MerchantId(row.merchant_id));
            let content = match row.content {
                None => None,
                Some(sealed) => {
                    let plain = keys.of(merchant_id)?.open(Binding::new(CONTENT, message_id), &sealed)?;
                    Some(serde_json::from_slice(&plain).map_err(|error| corrupt("messages", error.to_string()))?)
                }
            };
            Ok(Sent {
                message_id,
                merchant_id,
                account_id: row.account_id.into(),
                channel: row.channel.parse().map_err(|error| corrupt("accounts", format!("{error}")))?,
                business_id: row.business_id,
                app: row.app,
                contact_id: row.contact_id.into(),
                addresses: row.addresses.iter().filter_map(|text| Identity::from_tagged(text)).collect(),
                attempts: u32::try_from(row.attempts).unwrap_or(0),
                content,
            })
        })
        .collect()
}
