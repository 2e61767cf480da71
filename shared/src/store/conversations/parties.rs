//! Who writes in a conversation, by their platform's ids.

use sqlx::PgConnection;

use crate::domain::ids::{ConversationId, MerchantId};
use crate::domain::message::Direction;
use crate::store::error::StoreError;

/// The two sides of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    account: Option<String>,
    contact: Option<String>,
}

impl Parties {
    /// The platform's id of whoever wrote a message that went in `direction`.
    pub fn sender(&self, direction: Direction) -> Option<&str> {
        match direction {
            Direction::Inbound => self.contact.as_deref(),
            Direction::Outbound => self.account.as_deref(),
        }
    }
}

/// The sides of `conversation`. A contact whom the platform shows under several ids is shown by the latest.
pub async fn parties(
    conn: &mut PgConnection,
    merchant: MerchantId,
    conversation: ConversationId,
) -> Result<Parties, StoreError> {
    let row = sqlx::query!(
        "select a.external_id as account, i.value as \"contact?\"
         from conversations c
         join accounts a on a.id = c.account_id and a.merchant_id = c.merchant_id
         left join lateral (
             select value from identities
             where merchant_id = c.merchant_id and contact_id = c.contact_id
               and kind = any(case a.channel when 'messenger' then array['psid'] when 'x' then array['x_user']
                              else array['phone', 'bsuid'] end)
             order by (kind = 'phone') desc, created_at desc limit 1
         ) i on true
         where c.merchant_id = $1 and c.id = $2",
        merchant.0,
        conversation.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map_or_else(Parties::default, |row| Parties { account: Some(row.account), contact: row.contact }))
}
