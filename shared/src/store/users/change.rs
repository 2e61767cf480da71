//! What changes about a user.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::domain::ids::{MerchantId, UserId};
use crate::domain::user::UserRole;
use crate::store::error::StoreError;

/// What a user is to become; what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What colleagues see.
    pub display_name: Option<String>,
    /// What the user may do.
    pub role: Option<UserRole>,
    /// Whether the user may no longer log in.
    pub disabled: Option<bool>,
}

/// Changes a user; whether there is one.
pub async fn change(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: UserId,
    change: &Change,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let changed = sqlx::query!(
        "update users
         set display_name = coalesce($3, display_name), role = coalesce($4, role),
             disabled_at = case $5::bool when true then coalesce(disabled_at, $6) when false then null
                           else disabled_at end
         where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        change.display_name.as_deref(),
        change.role.map(UserRole::as_str),
        change.disabled,
        at
    )
    .execute(conn)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Whether there is an owner besides `but` who may log in. Owners stay as they are until the transaction ends, so
/// that two who demote one another do not leave the merchant without any.
pub async fn has_owner_besides(conn: &mut PgConnection, merchant: MerchantId, but: UserId) -> Result<bool, StoreError> {
    let owners = sqlx::query_scalar!(
        "select id from users where merchant_id = $1 and role = 'owner' and disabled_at is null order by id for update",
        merchant.0
    )
    .fetch_all(conn)
    .await?;
    Ok(owners.into_iter().any(|owner| owner != but.0))
}

/// Those of `users` who are the merchant's own.
pub async fn known_of(
    conn: &mut PgConnection,
    merchant: MerchantId,
    users: &[UserId],
) -> Result<Vec<UserId>, StoreError> {
    let ids: Vec<_> = users.iter().map(|user| user.0).collect();
    let known = sqlx::query_scalar!("select id from users where merchant_id = $1 and id = any($2)", merchant.0, &ids)
        .fetch_all(conn)
        .await?;
    Ok(known.into_iter().map(UserId).collect())
}
