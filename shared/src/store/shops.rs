//! Shops: a merchant's places of business.

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
