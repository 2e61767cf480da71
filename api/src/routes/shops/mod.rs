//! Shops: a merchant's places of business, to which accounts belong.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::ids::ShopId;
use shared::store::shops::ShopRecord;
use utoipa::ToSchema;

mod change;
mod create;
mod get;
mod list;

pub use change::*;
pub use create::*;
pub use get::*;
pub use list::*;

const LONGEST_NAME: usize = 200;

/// A place of business.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ShopView {
    id: ShopId,
    /// The merchant's own name for it, as `shopId` has it everywhere.
    shop_id: String,
    name: String,
    /// Whether it is meant where no shop is named.
    is_default: bool,
    /// Accounts that are connected at it.
    accounts: i64,
    created_at: DateTime<Utc>,
}

impl From<ShopRecord> for ShopView {
    fn from(shop: ShopRecord) -> Self {
        Self {
            id: shop.id,
            shop_id: shop.external_id,
            name: shop.name,
            is_default: shop.is_default,
            accounts: shop.accounts,
            created_at: shop.created_at,
        }
    }
}

/// Whether `name` can be a shop's.
fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME
}
