//! Countries that a platform does not let an account write to.

use std::collections::HashSet;

use sqlx::PgConnection;

use crate::domain::ids::{AccountId, MerchantId};
use crate::store::error::StoreError;

/// A country's calling code, such as 84.
pub type CallingCode = i16;

/// Notes that `account` may not write to `country`.
pub async fn bar(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
    country: CallingCode,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into barred_countries (account_id, merchant_id, calling_code, at) values ($1, $2, $3, now())
         on conflict (account_id, calling_code) do nothing",
        account.0,
        merchant.0,
        country
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The countries that `account` may not write to.
pub async fn of(conn: &mut PgConnection, account: AccountId) -> Result<HashSet<CallingCode>, StoreError> {
    let rows = sqlx::query_scalar!("select calling_code from barred_countries where account_id = $1", account.0)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}
