//! Partitions of messages: a month each, made ahead of time.

use sqlx::PgConnection;

use crate::store::error::StoreError;

/// Makes the partitions of this month and of `ahead` more; the names of those that were missing.
pub async fn ensure(conn: &mut PgConnection, ahead: i32) -> Result<Vec<String>, StoreError> {
    let made = sqlx::query_scalar!(r#"select ensure_message_partitions($1) as "name!""#, ahead).fetch_all(conn).await?;
    Ok(made)
}
