//! Connecting an account: from here on its events find their merchant.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, MerchantId, ShopId};
use crate::domain::platform_news::MessagingLimit;
use crate::store::accounts::sender::CREDENTIALS;
use crate::store::error::StoreError;
use crate::store::seal::{Binding, MerchantKeys};

/// The index that lets an account answer to one merchant at a time.
const CONNECTED_KEY: &str = "accounts_connected_key";

/// An account to connect. Its `Debug` shows no credentials.
#[derive(Clone, Copy)]
pub struct NewAccount<'a> {
    /// Whose.
    pub merchant_id: MerchantId,
    /// At which of its shops.
    pub shop_id: ShopId,
    /// The platform.
    pub channel: Channel,
    /// The platform's id: phone number id, page id, user id.
    pub external_id: &'a str,
    /// The WhatsApp business account (WABA).
    pub business_id: Option<&'a str>,
    /// The name that customers see.
    pub display_name: Option<&'a str>,
    /// The phone number as people write it.
    pub display_number: Option<&'a str>,
    /// The user name that customers see.
    pub username: Option<&'a str>,
    /// The configured app whose secret signs the account's webhooks.
    pub app: &'a str,
    /// What the platform wants to see of a sender, in JSON; sealed before it is stored.
    pub credentials: &'a [u8],
}

impl std::fmt::Debug for NewAccount<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccount")
            .field("merchant_id", &self.merchant_id)
            .field("channel", &self.channel)
            .field("external_id", &self.external_id)
            .finish_non_exhaustive()
    }
}

/// Which account was connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The account.
    pub id: AccountId,
    /// Whether the merchant had it before: it keeps its id and its history.
    pub revived: bool,
}

/// Why an account was not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// It is connected, here or at another merchant.
    #[error("the account is connected already")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ConnectError {
    fn from(error: sqlx::Error) -> Self {
        let error = StoreError::Sql(error);
        if error.constraint() == Some(CONNECTED_KEY) { Self::Taken } else { Self::Store(error) }
    }
}

/// Connects `account`; one that the merchant disconnected before is revived.
pub async fn connect(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    account: &NewAccount<'_>,
) -> Result<Connected, ConnectError> {
    let known = sqlx::query!(
        "select id, status from accounts
         where merchant_id = $1 and channel = $2 and external_id = $3
         order by (status <> 'inactive') desc, connected_at desc
         limit 1
         for update",
        account.merchant_id.0,
        account.channel.as_str(),
        account.external_id
    )
    .fetch_optional(&mut *conn)
    .await?;
    match known {
        Some(known) if known.status != "inactive" => Err(ConnectError::Taken),
        Some(known) => {
            let id = AccountId(known.id);
            revive(conn, keys, account, id).await?;
            Ok(Connected { id, revived: true })
        }
        None => {
            let id = AccountId::new();
            insert(conn, keys, account, id).await?;
            Ok(Connected { id, revived: false })
        }
    }
}

/// Replaces the credentials of a connected account, which is tried again if its platform refused it.
pub async fn replace_credentials(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    id: AccountId,
    credentials: &[u8],
) -> Result<(), StoreError> {
    sqlx::query!(
        "update accounts set credentials = $3, status = 'active', status_reason = null
         where merchant_id = $1 and id = $2 and status <> 'inactive'",
        merchant.0,
        id.0,
        seal(keys, id, credentials)?
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the platform said of an account when it was connected.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Where its picture is.
    pub profile_image_url: Option<&'a str>,
    /// The platform's id of the webhook that its events go to.
    pub webhook_id: Option<&'a str>,
    /// What the platform thinks of it.
    pub quality: Option<&'a str>,
    /// Customers that it may write to outside a window in 24 h.
    pub limit: Option<MessagingLimit>,
    /// Messages a second that the platform takes from it.
    pub throughput_per_second: Option<u32>,
    /// When it said so: older news of the same does not change it back.
    pub at: DateTime<Utc>,
}

/// Notes what the platform said of an account; what it did not say stays.
pub async fn note(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: AccountId,
    said: &Said<'_>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update accounts
         set profile_image_url = coalesce($3, profile_image_url), webhook_id = $4,
             quality_rating = coalesce($5, quality_rating),
             quality_at = case when $5::text is null then quality_at else $8 end,
             messaging_limit = coalesce($6, messaging_limit),
             limit_at = case when $6::integer is null then limit_at else $8 end,
             throughput_per_second = coalesce($7, throughput_per_second),
             throughput_at = case when $7::integer is null then throughput_at else $8 end
         where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        said.profile_image_url,
        said.webhook_id,
        said.quality,
        said.limit.map(MessagingLimit::as_row),
        said.throughput_per_second.and_then(|rate| i32::try_from(rate).ok()),
        said.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    account: &NewAccount<'_>,
    id: AccountId,
) -> Result<(), ConnectError> {
    sqlx::query!(
        "insert into accounts (id, merchant_id, shop_id, channel, external_id, business_id, display_name,
                               display_number, username, app, credentials)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id.0,
        account.merchant_id.0,
        account.shop_id.0,
        account.channel.as_str(),
        account.external_id,
        account.business_id,
        account.display_name,
        account.display_number,
        account.username,
        account.app,
        seal(keys, id, account.credentials)?
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn revive(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    account: &NewAccount<'_>,
    id: AccountId,
) -> Result<(), ConnectError> {
    sqlx::query!(
        "update accounts
         set shop_id = $3, business_id = coalesce($4, business_id), display_name = coalesce($5, display_name),
             display_number = coalesce($6, display_number), username = coalesce($7, username), app = $8,
             credentials = $9, status = 'active', status_reason = null, connected_at = now(), disconnected_at = null
         where merchant_id = $1 and id = $2",
        account.merchant_id.0,
        id.0,
        account.shop_id.0,
        account.business_id,
        account.display_name,
        account.display_number,
        account.username,
        account.app,
        seal(keys, id, account.credentials)?
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn seal(keys: &MerchantKeys, id: AccountId, credentials: &[u8]) -> Result<Vec<u8>, StoreError> {
    Ok(keys.seal(Binding::new(CREDENTIALS, id), credentials)?)
}
