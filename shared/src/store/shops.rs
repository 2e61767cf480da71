//! Shops: a merchant's places of business.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::StoreError;
use crate::domain::ids::{MerchantId, ShopId};

/// A place of business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// The shop.
    pub id: ShopId,
    /// The merchant's own name for it, `shopId` in requests and answers.
    pub external_id: String,
    /// What people call it.
    pub name: String,
}

/// The shop that holds where none is named.
pub async fn default_of(conn: &mut PgConnection, merchant: MerchantId) -> Result<Option<Shop>, StoreError> {
    let shop = sqlx::query_as!(
        Shop,
        "select id, external_id, name from shops where merchant_id = $1 and is_default",
        merchant.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(shop)
}

/// The shop that `given` names, by the merchant's own name for it or by its id.
pub async fn find(conn: &mut PgConnection, merchant: MerchantId, given: &str) -> Result<Option<Shop>, StoreError> {
    let shop = sqlx::query_as!(
        Shop,
        "select id, external_id, name from shops
         where merchant_id = $1 and (external_id = $2 or id = $3)
         order by (external_id = $2) desc limit 1",
        merchant.0,
        given,
        Uuid::parse_str(given).ok()
    )
    .fetch_optional(conn)
    .await?;
    Ok(shop)
}

/// Adds a merchant's default shop.
pub async fn insert_default(conn: &mut PgConnection, merchant: MerchantId, shop: &Shop) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into shops (id, merchant_id, external_id, name, is_default) values ($1, $2, $3, $4, true)",
        shop.id.0,
        merchant.0,
        shop.external_id,
        shop.name
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A shop with all that is known of it.
#[derive(Clone, Debug)]
pub struct ShopRecord {
    /// The shop.
    pub id: ShopId,
    /// The merchant's own name for it.
    pub external_id: String,
    /// What people call it.
    pub name: String,
    /// Whether it holds where none is named.
    pub is_default: bool,
    /// Accounts that are connected at it.
    pub accounts: i64,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// Selects whole shops with the given end of the statement.
macro_rules! select {
    ($conn:expr, $tail:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            ShopRecord,
            r#"select s.id, s.external_id, s.name, s.is_default, s.created_at,
                      (select count(*) from accounts a
                       where a.shop_id = s.id and a.merchant_id = s.merchant_id and a.status <> 'inactive') as "accounts!"
               from shops s where s.merchant_id = $1 and "# + $tail,
            $($argument),*
        )
        .fetch_all($conn)
        .await
    };
}

/// The merchant's shops, oldest first, those after `after`.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    after: Option<ShopId>,
    skip: i64,
    take: i64,
) -> Result<Vec<ShopRecord>, StoreError> {
    Ok(select!(
        conn,
        "($2::uuid is null or s.id > $2) order by s.id offset $3 limit $4",
        merchant.0,
        after.map(Uuid::from),
        skip,
        take
    )?)
}

/// How many shops the merchant has.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from shops where merchant_id = $1"#, merchant.0)
        .fetch_one(conn)
        .await?;
    Ok(count)
}

/// The shop that `given` names, with all that is known of it.
pub async fn record(
    conn: &mut PgConnection,
    merchant: MerchantId,
    given: &str,
) -> Result<Option<ShopRecord>, StoreError> {
    let found = select!(
        conn,
        "(s.external_id = $2 or s.id = $3) order by (s.external_id = $2) desc limit 1",
        merchant.0,
        given,
        Uuid::parse_str(given).ok()
    )?;
    Ok(found.into_iter().next())
}

/// Adds a shop; whether its name was free.
pub async fn insert(conn: &mut PgConnection, merchant: MerchantId, shop: &Shop) -> Result<bool, StoreError> {
    let added = sqlx::query!(
        "insert into shops (id, merchant_id, external_id, name) values ($1, $2, $3, $4)
         on conflict (merchant_id, external_id) do nothing",
        shop.id.0,
        merchant.0,
        shop.external_id,
        shop.name
    )
    .execute(conn)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// Gives the shop another name, and with `make_default` makes it the one that holds where none is named.
pub async fn change(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ShopId,
    name: Option<&str>,
    make_default: bool,
) -> Result<(), StoreError> {
    if make_default {
        // One alone may be it at any time.
        sqlx::query!(
            "update shops set is_default = false where merchant_id = $1 and is_default and id <> $2",
            merchant.0,
            id.0
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query!(
        "update shops set name = coalesce($3, name), is_default = is_default or $4 where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        name,
        make_default
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a shop whose name the merchant does not know yet; whether it did not.
pub async fn insert_missing(
    conn: &mut PgConnection,
    merchant: MerchantId,
    shop: &Shop,
    is_default: bool,
) -> Result<bool, StoreError> {
    let made = sqlx::query!(
        "insert into shops (id, merchant_id, external_id, name, is_default) values ($1, $2, $3, $4, $5)
         on conflict (merchant_id, external_id) do nothing",
        shop.id.0,
        merchant.0,
        shop.external_id,
        shop.name,
        is_default
    )
    .execute(conn)
    .await?;
    Ok(made.rows_affected() > 0)
}
