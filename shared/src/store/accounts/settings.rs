//! Changing what a merchant sets for an account.

use sqlx::PgConnection;

use crate::domain::account_settings::AccountSettings;
use crate::domain::ids::{AccountId, MerchantId, ShopId};
use crate::store::error::StoreError;

/// What becomes of an account; none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Whether flows and the AI answer on it.
    pub auto_reply_enabled: Option<bool>,
    /// The name that the merchant sees.
    pub display_name: Option<String>,
    /// The shop that it belongs to.
    pub shop_id: Option<ShopId>,
    /// Whether it is the one that its shop's id means.
    pub is_primary: Option<bool>,
    /// What else is set, all of it.
    pub settings: Option<AccountSettings>,
}

/// Changes the account, which the caller has locked. Where it becomes its shop's primary one, another is so no more.
pub async fn change(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: AccountId,
    change: &Change,
) -> Result<(), StoreError> {
    let settings = change.settings.as_ref().map(serde_json::to_value).transpose();
    let settings = settings.map_err(|error| StoreError::Corrupt { table: "accounts", problem: error.to_string() })?;
    // A shop has one primary account: whoever was it goes before another comes, also where the account itself moves.
    if change.is_primary == Some(true) || change.shop_id.is_some() {
        sqlx::query!(
            "update accounts o set is_primary = false
             from accounts a
             where a.merchant_id = $1 and a.id = $2 and o.merchant_id = $1 and o.channel = a.channel and o.is_primary
               and (o.shop_id = coalesce($3, a.shop_id) and $4 and o.id <> a.id
                    or o.id = a.id and $3 is distinct from a.shop_id and $3 is not null)",
            merchant.0,
            id.0,
            change.shop_id.map(|shop| shop.0),
            change.is_primary == Some(true)
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query!(
        "update accounts
         set auto_reply_enabled = coalesce($3, auto_reply_enabled), display_name = coalesce($4, display_name),
             shop_id = coalesce($5, shop_id), is_primary = coalesce($6, is_primary) and status <> 'inactive',
             settings = coalesce($7, settings)
         where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        change.auto_reply_enabled,
        change.display_name,
        change.shop_id.map(|shop| shop.0),
        change.is_primary,
        settings
    )
    .execute(conn)
    .await?;
    Ok(())
}
