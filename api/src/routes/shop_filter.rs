//! `shopId` in a request.

use shared::domain::ids::{MerchantId, ShopId};
use shared::store::{PgConnection, shops};

use crate::error::ApiError;

/// The shop that `given` names; one that is not the merchant's is 403, as the documents have it.
pub(super) async fn resolve(
    conn: &mut PgConnection,
    merchant: MerchantId,
    given: Option<&str>,
) -> Result<Option<ShopId>, ApiError> {
    let Some(given) = given else {
        return Ok(None);
    };
    let shop = shops::find(conn, merchant, given).await?;
    let shop = shop.ok_or_else(|| ApiError::Forbidden("the shop is not one of yours".to_owned()))?;
    Ok(Some(shop.id))
}

/// The shop that `given` names, or the merchant's default one.
pub(super) async fn or_default(
    conn: &mut PgConnection,
    merchant: MerchantId,
    given: Option<&str>,
) -> Result<ShopId, ApiError> {
    let shop = match given {
        Some(given) => shops::find(conn, merchant, given).await?,
        None => shops::default_of(conn, merchant).await?,
    };
    shop.map(|shop| shop.id).ok_or_else(|| ApiError::Forbidden("the shop is not one of yours".to_owned()))
}
