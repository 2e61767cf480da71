//! Merchants: the tenants.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::error::StoreError;
use crate::domain::ids::MerchantId;

/// Holds everyone else who sets the installation up until the transaction ends, so that of several
/// processes that start for the first time one alone makes the first merchant.
pub async fn lock_set_up(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!(r#"select pg_advisory_xact_lock(hashtext('loa.set_up'))::text as "locked""#).fetch_one(conn).await?;
    Ok(())
}

/// The merchant of an installation that has one alone; only the role of the workers sees all of them.
pub async fn only(conn: &mut PgConnection) -> Result<Option<MerchantId>, StoreError> {
    let ids = sqlx::query_scalar!("select id from merchants limit 2").fetch_all(conn).await?;
    Ok(if let [id] = ids[..] { Some(MerchantId(id)) } else { None })
}

/// Adds a merchant.
pub async fn insert(conn: &mut PgConnection, id: MerchantId, name: &str) -> Result<(), StoreError> {
    sqlx::query!("insert into merchants (id, name) values ($1, $2)", id.0, name).execute(conn).await?;
    Ok(())
}

/// Holds everyone else who makes anything of `merchant` at first sight until the transaction ends.
pub async fn lock(conn: &mut PgConnection, merchant: MerchantId) -> Result<(), StoreError> {
    let name = format!("loa.merchant.{merchant}");
    sqlx::query!(r#"select pg_advisory_xact_lock(hashtextextended($1, 0))::text as "locked""#, name)
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Adds a merchant that is not there yet; whether it was not.
pub async fn insert_missing(conn: &mut PgConnection, id: MerchantId, name: &str) -> Result<bool, StoreError> {
    let made = sqlx::query!("insert into merchants (id, name) values ($1, $2) on conflict (id) do nothing", id.0, name)
        .execute(conn)
        .await?;
    Ok(made.rows_affected() > 0)
}

/// A merchant, and what it has settled for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// The merchant.
    pub id: MerchantId,
    /// Its name.
    pub name: String,
    /// Words that withdraw consent; none: Loa's own list.
    pub stop_words: Option<Vec<String>>,
    /// What confirms it; none: Loa's own text.
    pub stop_reply: Option<String>,
    /// How long contents are kept.
    pub retention_days: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// One merchant.
pub async fn get(conn: &mut PgConnection, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
    let merchant = sqlx::query_as!(
        Merchant,
        "select id, name, stop_words, stop_reply, retention_days, created_at from merchants where id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(merchant)
}

/// Writes what a merchant has settled.
pub async fn change(conn: &mut PgConnection, merchant: &Merchant) -> Result<(), StoreError> {
    sqlx::query!(
        "update merchants set name = $2, stop_words = $3, stop_reply = $4, retention_days = $5 where id = $1",
        merchant.id.0,
        merchant.name,
        merchant.stop_words.as_deref(),
        merchant.stop_reply,
        merchant.retention_days
    )
    .execute(conn)
    .await?;
    Ok(())
}
