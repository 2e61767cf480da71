//! Disconnecting an account: it proves itself no more and sends nothing, and its history stays.

use sqlx::PgConnection;

use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, MerchantId};
use crate::store::accounts::sender::CREDENTIALS;
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;
use crate::store::seal::Binding;

/// An account about to be disconnected or given new credentials, locked until the transaction ends. Its `Debug` shows
/// no credentials.
pub struct Leaving {
    /// The platform's id of it.
    pub external_id: String,
    /// The WhatsApp business account.
    pub business_id: Option<String>,
    /// The webhook that its events go to.
    pub webhook_id: Option<String>,
    /// Whether it is connected still.
    pub connected: bool,
    /// Whether another account needs the same subscription at the platform.
    pub shares_subscription: bool,
    /// What it proves itself with, in JSON; none where they were wiped.
    pub credentials: Option<Vec<u8>>,
}

impl std::fmt::Debug for Leaving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leaving").field("external_id", &self.external_id).finish_non_exhaustive()
    }
}

/// Locks the account, its credentials opened.
pub async fn lock(
    conn: &mut PgConnection,
    keyring: &Keyring,
    merchant: MerchantId,
    channel: Channel,
    id: AccountId,
) -> Result<Option<Leaving>, StoreError> {
    let row = sqlx::query!(
        r#"select external_id, business_id, webhook_id, status <> 'inactive' as "connected!",
                  account_shares_subscription(id) as "shares_subscription!", credentials
           from accounts where merchant_id = $1 and channel = $2 and id = $3
           for update"#,
        merchant.0,
        channel.as_str(),
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let credentials = match row.credentials {
        None => None,
        Some(sealed) => Some(keyring.of(conn, merchant).await?.open(Binding::new(CREDENTIALS, id), &sealed)?),
    };
    Ok(Some(Leaving {
        external_id: row.external_id,
        business_id: row.business_id,
        webhook_id: row.webhook_id,
        connected: row.connected,
        shares_subscription: row.shares_subscription,
        credentials,
    }))
}

/// Ends the account's connection: the credentials are wiped, and what would be marked as read is not.
pub async fn disconnect(conn: &mut PgConnection, merchant: MerchantId, id: AccountId) -> Result<(), StoreError> {
    sqlx::query!(
        "update accounts
         set status = 'inactive', status_reason = null, credentials = null, webhook_id = null, is_primary = false,
             disconnected_at = now()
         where merchant_id = $1 and id = $2",
        merchant.0,
        id.0
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from read_marks where merchant_id = $1 and account_id = $2", merchant.0, id.0)
        .execute(conn)
        .await?;
    Ok(())
}
