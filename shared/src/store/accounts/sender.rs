//! What a sender needs to speak in an account's name.

use sqlx::PgConnection;

use crate::domain::account::AccountStatus;
use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, MerchantId};
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;
use crate::store::seal::Binding;

/// Where an account's credentials are sealed.
pub const CREDENTIALS: &str = "accounts.credentials";

/// An account that sends. Its `Debug` shows no credentials.
#[derive(Clone)]
pub struct Sender {
    /// The account.
    pub id: AccountId,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// Its platform.
    pub channel: Channel,
    /// The platform's id of it.
    pub external_id: String,
    /// The WhatsApp business account.
    pub business_id: Option<String>,
    /// The configured app that it belongs to.
    pub app: String,
    /// Whether it may send.
    pub status: AccountStatus,
    /// Messages a second that the platform takes from it.
    pub throughput_per_second: u32,
    /// The credentials as they were given at connecting, in JSON; none once disconnected.
    pub credentials: Option<Vec<u8>>,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("id", &self.id).field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// The account, with its credentials opened.
pub async fn sender(
    conn: &mut PgConnection,
    keyring: &Keyring,
    account: AccountId,
) -> Result<Option<Sender>, StoreError> {
    let row = sqlx::query!(
        "select merchant_id, channel, external_id, business_id, app, status, throughput_per_second, credentials
         from accounts where id = $1",
        account.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let merchant_id = MerchantId(row.merchant_id);
    let corrupt = |problem: String| StoreError::Corrupt { table: "accounts", problem };
    let credentials = match row.credentials {
        None => None,
        Some(sealed) => {
            let keys = keyring.of(conn, merchant_id).await?;
            Some(keys.open(Binding::new(CREDENTIALS, account), &sealed)?)
        }
    };
    Ok(Some(Sender {
        id: account,
        merchant_id,
        channel: row.channel.parse().map_err(|error| corrupt(format!("{error}")))?,
        external_id: row.external_id,
        business_id: row.business_id,
        app: row.app,
        status: row.status.parse().map_err(|error| corrupt(format!("{error}")))?,
        throughput_per_second: u32::try_from(row.throughput_per_second).unwrap_or(1),
        credentials,
    }))
}

/// Marks the account as refused by its platform, with the reason an operator reads.
pub async fn mark_error(conn: &mut PgConnection, account: AccountId, reason: &str) -> Result<(), StoreError> {
    refuse(conn, account, false, reason).await.map(drop)
}

/// Marks as refused by the platform the account, and with `whole_business` every account of its
/// merchant under the same business account. Gives those that were not refused before.
pub async fn refuse(
    conn: &mut PgConnection,
    account: AccountId,
    whole_business: bool,
    reason: &str,
) -> Result<Vec<(AccountId, MerchantId)>, StoreError> {
    let rows = sqlx::query!(
        "with meant as (
             select a.id from accounts a, accounts refused
             where refused.id = $1 and a.status = 'active'
               and (a.id = $1 or ($2 and a.merchant_id = refused.merchant_id and a.channel = refused.channel
                                  and a.business_id = refused.business_id))
             order by a.id for update of a
         )
         update accounts a set status = 'error', status_reason = $3 from meant where a.id = meant.id
         returning a.id, a.merchant_id",
        account.0,
        whole_business,
        reason
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.merchant_id.into())).collect())
}
