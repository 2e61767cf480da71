//! Users: who logs in, here or by an outer system.

pub mod change;
pub mod list;
pub mod outer;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;

use crate::domain::ids::{MerchantId, UserId};
use crate::domain::user::UserRole;
use crate::store::error::StoreError;

/// Someone who logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub id: UserId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// In lower case; unique among those who log in here. An outer system may not tell any.
    pub email: Option<String>,
    /// What colleagues see.
    pub display_name: String,
    /// What the user may do.
    pub role: UserRole,
    /// Whether the user may no longer log in.
    pub disabled: bool,
}

/// A user as the login needs to know it.
#[derive(Debug)]
pub struct Login {
    /// The user.
    pub user: User,
    /// The argon2id hash (PHC string); none where an outer system logs the user in.
    pub password_hash: Option<SecretString>,
    /// Until when a one-time password holds; none where the user has chosen it.
    pub password_expires_at: Option<DateTime<Utc>>,
}

/// The user of `email` with the hash of the password.
///
/// At login no merchant is known: the transaction is given the sight of this one e-mail's row.
pub async fn login(conn: &mut PgConnection, email: &str) -> Result<Option<Login>, StoreError> {
    sqlx::query!("select set_config('loa.login_email', $1, true)", email).fetch_one(&mut *conn).await?;
    let row = sqlx::query!(
        "select id, merchant_id, email, display_name, role, disabled_at, password_hash, password_expires_at
         from users where email = $1 and external_id is null",
        email
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let user = User {
            id: row.id.into(),
            merchant_id: row.merchant_id.into(),
            email: row.email,
            display_name: row.display_name,
            role: role(&row.role)?,
            disabled: row.disabled_at.is_some(),
        };
        Ok(Login {
            user,
            password_hash: row.password_hash.map(SecretString::from),
            password_expires_at: row.password_expires_at,
        })
    })
    .transpose()
}

/// One user of `merchant`.
pub async fn get(conn: &mut PgConnection, merchant: MerchantId, id: UserId) -> Result<Option<User>, StoreError> {
    let row = sqlx::query!(
        "select email, display_name, role, disabled_at from users where merchant_id = $1 and id = $2",
        merchant.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(User {
            id,
            merchant_id: merchant,
            email: row.email,
            display_name: row.display_name,
            role: role(&row.role)?,
            disabled: row.disabled_at.is_some(),
        })
    })
    .transpose()
}

/// Adds `user`; the constraint `users_email_key` breaks where the e-mail is taken.
/// A one-time password holds until `expires_at`.
pub async fn insert(
    conn: &mut PgConnection,
    user: &User,
    password_hash: &SecretString,
    expires_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into users (id, merchant_id, email, display_name, role, password_hash, password_expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        user.id.0,
        user.merchant_id.0,
        user.email,
        user.display_name,
        user.role.as_str(),
        password_hash.expose_secret(),
        expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the hash of a user's password. A one-time password holds until `expires_at`.
pub async fn set_password_hash(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: UserId,
    hash: &SecretString,
    expires_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update users set password_hash = $3, password_expires_at = $4 where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        hash.expose_secret(),
        expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The hash of a user's password; none where there is no such user, or an outer system logs it in.
pub async fn password_hash(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: UserId,
) -> Result<Option<SecretString>, StoreError> {
    let hash =
        sqlx::query_scalar!("select password_hash from users where merchant_id = $1 and id = $2", merchant.0, id.0)
            .fetch_optional(conn)
            .await?;
    Ok(hash.flatten().map(SecretString::from))
}

/// Notes that a user logged in.
pub async fn logged_in(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: UserId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!("update users set last_login_at = $3 where merchant_id = $1 and id = $2", merchant.0, id.0, at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether the installation has any user; only the role of the workers sees all of them.
pub async fn any(conn: &mut PgConnection) -> Result<bool, StoreError> {
    let any = sqlx::query_scalar!(r#"select exists (select 1 from users) as "any!""#).fetch_one(conn).await?;
    Ok(any)
}

pub(in crate::store) fn role(name: &str) -> Result<UserRole, StoreError> {
    name.parse().map_err(|error| StoreError::Corrupt { table: "users", problem: format!("{error}") })
}
