//! Merchants: the tenants.

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
