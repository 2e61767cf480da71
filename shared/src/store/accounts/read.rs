//! Accounts as the API shows them: everything but the credentials.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::account::AccountStatus;
use crate::domain::account_settings::AccountSettings;
use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, MerchantId, ShopId};
use crate::store::error::StoreError;

/// An account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The merchant's own name for the shop it belongs to.
    pub shop: String,
    /// The platform.
    pub channel: Channel,
    /// The platform's id: phone number id, page id, user id.
    pub external_id: String,
    /// The WhatsApp business account (WABA).
    pub business_id: Option<String>,
    /// The name that customers see.
    pub display_name: Option<String>,
    /// The phone number as people write it.
    pub display_number: Option<String>,
    /// The user name that customers see.
    pub username: Option<String>,
    /// The configured app whose secret signs its webhooks.
    pub app: String,
    /// Whether it can be used.
    pub status: AccountStatus,
    /// Why not.
    pub status_reason: Option<String>,
    /// What the platform thinks of it.
    pub quality_rating: Option<String>,
    /// Unique customers outside a window in 24 h; none where it is not known.
    pub messaging_limit: Option<i32>,
    /// Messages a second that the platform takes from it.
    pub throughput_per_second: i32,
    /// Whether flows and the AI answer on it.
    pub auto_reply_enabled: bool,
    /// Where its picture is.
    pub profile_image_url: Option<String>,
    /// The platform's id of the webhook that its events go to, where it has one.
    pub webhook_id: Option<String>,
    /// Whether it is the one that its shop's id means.
    pub is_primary: bool,
    /// What else the merchant set.
    pub settings: AccountSettings,
    /// Since when.
    pub connected_at: DateTime<Utc>,
    /// Until when.
    pub disconnected_at: Option<DateTime<Utc>>,
}

/// Which accounts are listed.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Of which platform.
    pub channel: Channel,
    /// At which shop; at any where none is given.
    pub shop_id: Option<ShopId>,
    /// In which state; any where none is given.
    pub status: Option<AccountStatus>,
}

/// Selects whole rows of accounts with the given end of the statement.
macro_rules! select {
    ($conn:expr, $tail:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            "select a.id, a.merchant_id, s.external_id as shop, a.channel, a.external_id, a.business_id,
                    a.display_name, a.display_number, a.username, a.app, a.status, a.status_reason, a.quality_rating,
                    coalesce(p.messaging_limit, a.messaging_limit) as messaging_limit, a.throughput_per_second,
                    a.auto_reply_enabled, a.profile_image_url, a.webhook_id, a.is_primary, a.settings, a.connected_at,
                    a.disconnected_at
             from accounts a
             left join portfolios p on p.id = a.portfolio_id and p.merchant_id = a.merchant_id
             join shops s on s.id = a.shop_id and s.merchant_id = a.merchant_id
             where a.merchant_id = $1 and a.channel = $2 and " + $tail,
            $($argument),*
        )
        .fetch_all($conn)
        .await
    };
}

/// The accounts that `filter` lets through, oldest first, those after `after`.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    filter: Filter,
    after: Option<AccountId>,
    skip: i64,
    take: i64,
) -> Result<Vec<Account>, StoreError> {
    let rows = select!(
        conn,
        "($3::text is null or a.status = $3) and ($4::uuid is null or a.shop_id = $4)
               and ($5::uuid is null or a.id > $5)
         order by a.id offset $6 limit $7",
        merchant.0,
        filter.channel.as_str(),
        filter.status.map(AccountStatus::as_str),
        filter.shop_id.map(Uuid::from),
        after.map(Uuid::from),
        skip,
        take
    )?;
    rows.into_iter().map(Row::read).collect()
}

/// The ids of `merchant`'s accounts on `channel`: all, one, or those of a shop.
pub async fn ids(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    account: Option<AccountId>,
    shop: Option<ShopId>,
) -> Result<Vec<AccountId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from accounts
         where merchant_id = $1 and channel = $2 and ($3::uuid is null or id = $3) and ($4::uuid is null or shop_id = $4)
         order by id",
        merchant.0,
        channel.as_str(),
        account.map(Uuid::from),
        shop.map(Uuid::from)
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(AccountId).collect())
}

/// How many accounts `filter` lets through.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId, filter: Filter) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from accounts
           where merchant_id = $1 and channel = $2 and ($3::text is null or status = $3)
             and ($4::uuid is null or shop_id = $4)"#,
        merchant.0,
        filter.channel.as_str(),
        filter.status.map(AccountStatus::as_str),
        filter.shop_id.map(Uuid::from)
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// The account that `given` names: its id, or a shop (by id or by the merchant's own name), whose
/// primary account is then meant: the one set so, else the one connected first.
pub async fn find(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    given: &str,
) -> Result<Option<Account>, StoreError> {
    let rows = select!(
        conn,
        "(a.id = $4 or s.id = $4 or s.external_id = $3)
         order by (a.id = $4) is true desc, (a.status <> 'inactive') desc, a.is_primary desc, a.connected_at, a.id
         limit 1",
        merchant.0,
        channel.as_str(),
        given,
        Uuid::parse_str(given).ok()
    )?;
    rows.into_iter().next().map(Row::read).transpose()
}

/// How many connected accounts the shop has that `given` names; none where it names none.
pub async fn connected_at_shop(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    given: &str,
) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from accounts a
           join shops s on s.id = a.shop_id and s.merchant_id = a.merchant_id
           where a.merchant_id = $1 and a.channel = $2 and a.status <> 'inactive'
             and (s.external_id = $3 or s.id = $4)"#,
        merchant.0,
        channel.as_str(),
        given,
        Uuid::parse_str(given).ok()
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// The connected account that its platform calls `external_id`.
pub async fn connected(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    external_id: &str,
) -> Result<Option<AccountId>, StoreError> {
    let id = sqlx::query_scalar!(
        "select id from accounts
         where merchant_id = $1 and channel = $2 and external_id = $3 and status <> 'inactive'",
        merchant.0,
        channel.as_str(),
        external_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(AccountId))
}

struct Row {
    id: Uuid,
    merchant_id: Uuid,
    shop: String,
    channel: String,
    external_id: String,
    business_id: Option<String>,
    display_name: Option<String>,
    display_number: Option<String>,
    username: Option<String>,
    app: String,
    status: String,
    status_reason: Option<String>,
    quality_rating: Option<String>,
    messaging_limit: Option<i32>,
    throughput_per_second: i32,
    auto_reply_enabled: bool,
    profile_image_url: Option<String>,
    webhook_id: Option<String>,
    is_primary: bool,
    settings: Value,
    connected_at: DateTime<Utc>,
    disconnected_at: Option<DateTime<Utc>>,
}

impl Row {
    fn read(self) -> Result<Account, StoreError> {
        let corrupt = |problem: String| StoreError::Corrupt { table: "accounts", problem };
        Ok(Account {
            id: self.id.into(),
            merchant_id: self.merchant_id.into(),
            shop: self.shop,
            channel: self.channel.parse().map_err(|error| corrupt(format!("{error}")))?,
            external_id: self.external_id,
            business_id: self.business_id,
            display_name: self.display_name,
            display_number: self.display_number,
            username: self.username,
            app: self.app,
            status: self.status.parse().map_err(|error| corrupt(format!("{error}")))?,
            status_reason: self.status_reason,
            quality_rating: self.quality_rating,
            messaging_limit: self.messaging_limit,
            throughput_per_second: self.throughput_per_second,
            auto_reply_enabled: self.auto_reply_enabled,
            profile_image_url: self.profile_image_url,
            webhook_id: self.webhook_id,
            is_primary: self.is_primary,
            settings: serde_json::from_value(self.settings).map_err(|error| corrupt(error.to_string()))?,
            connected_at: self.connected_at,
            disconnected_at: self.disconnected_at,
        })
    }
}
