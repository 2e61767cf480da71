//! Messages that wait in the outbox for files.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::PgConnection;

use super::jobs::uuids;
use crate::domain::ids::{AccountId, MediaId, MerchantId, MessageId};
use crate::store::error::StoreError;

/// How a file stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It is being fetched.
    Pending,
    /// It is in our store.
    Stored,
    /// It is not and will not be; why.
    Failed(Option<Value>),
}

/// How each of `media` of `merchant` stands, held until the transaction ends; those of others are not in it.
pub async fn standing(
    conn: &mut PgConnection,
    merchant: MerchantId,
    media: &[MediaId],
) -> Result<HashMap<MediaId, Standing>, StoreError> {
    let rows = sqlx::query!(
        "select id, state, error from media where merchant_id = $1 and id = any($2) order by id for share",
        merchant.0,
        &uuids(media)
    )
    .fetch_all(conn)
    .await?;
    let standing = rows.into_iter().map(|row| {
        let standing = match row.state.as_str() {
            "pending" => Standing::Pending,
            "stored" => Standing::Stored,
            _ => Standing::Failed(row.error),
        };
        (row.id.into(), standing)
    });
    Ok(standing.collect())
}

/// Notes that `message` waits for `media`, to be sent from `account`.
pub async fn wait(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
    message: MessageId,
    media: &[MediaId],
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into media_waits (message_id, media_id, account_id, merchant_id)
         select $1, media_id, $3, $4 from unnest($2::uuid[]) as new (media_id)
         on conflict do nothing",
        message.0,
        &uuids(media),
        account.0,
        merchant.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Why a file that `message` waited for will never be there, where that is so.
pub async fn failure(conn: &mut PgConnection, message: MessageId) -> Result<Option<Value>, StoreError> {
    let error = sqlx::query_scalar!(
        r#"select error as "error!" from media_waits
           where message_id = $1 and error is not null order by media_id limit 1"#,
        message.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(error)
}

/// `message` waits for nothing any more.
pub async fn clear(conn: &mut PgConnection, message: MessageId) -> Result<(), StoreError> {
    sqlx::query!("delete from media_waits where message_id = $1", message.0).execute(conn).await?;
    Ok(())
}
