//! Dead letters as an operator reads them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{LETTER, unpack};
use crate::domain::ids::DeadLetterId;
use crate::events::dead_letter::DeadLetter;
use crate::store::error::StoreError;
use crate::store::keyring::{Keyring, NOBODY};
use crate::store::seal::{Binding, MerchantKeys};

/// A dead letter as a line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Which.
    pub id: DeadLetterId,
    /// The queue it died in.
    pub queue: String,
    /// The message's own id.
    pub message_id: Option<String>,
    /// What went wrong last.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When the oldest event in it was accepted from outside.
    pub received_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub died_at: DateTime<Utc>,
    /// Since when it waits to be put back, where it does.
    pub put_back_at: Option<DateTime<Utc>>,
    /// How often it was put back.
    pub put_backs: i32,
}

/// The latest letters before `before`, latest first; of one queue, where one is named.
pub async fn list(
    conn: &mut PgConnection,
    queue: Option<&str>,
    before: Option<DeadLetterId>,
    skip: i64,
    take: i64,
) -> Result<Vec<Summary>, StoreError> {
    Ok(sqlx::query_as!(
        Summary,
        "select id, queue, message_id, reason, attempts, received_at, died_at, put_back_at, put_backs
         from dead_letters
         where ($1::text is null or queue = $1) and ($2::uuid is null or id < $2)
         order by id desc
         offset $3 limit $4",
        queue,
        before.map(|id| id.0),
        skip,
        take
    )
    .fetch_all(conn)
    .await?)
}

/// One letter, opened.
pub async fn find(
    conn: &mut PgConnection,
    keyring: &Keyring,
    id: DeadLetterId,
) -> Result<Option<DeadLetter>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "select id, queue, message_id, reason, attempts, sealed, received_at, died_at, put_back_at, put_backs
         from dead_letters where id = $1",
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let keys = keyring.of(conn, NOBODY).await?;
    row.open(&keys).map(Some)
}

/// How many letters there are; of one queue, where one is named.
pub async fn total(conn: &mut PgConnection, queue: Option<&str>) -> Result<i64, StoreError> {
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from dead_letters where $1::text is null or queue = $1"#,
        queue
    )
    .fetch_one(conn)
    .await?;
    Ok(total)
}

/// How many letters of each queue wait for somebody to decide.
pub async fn count(conn: &mut PgConnection) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"select queue, count(*) as "count!" from dead_letters where put_back_at is null group by queue order by queue"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.queue, row.count)).collect())
}

/// A letter as it lies there.
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) queue: String,
    pub(super) message_id: Option<String>,
    pub(super) reason: String,
    pub(super) attempts: i32,
    pub(super) sealed: Vec<u8>,
    pub(super) received_at: Option<DateTime<Utc>>,
    pub(super) died_at: DateTime<Utc>,
    pub(super) put_back_at: Option<DateTime<Utc>>,
    pub(super) put_backs: i32,
}

impl Row {
    pub(super) fn open(self, keys: &MerchantKeys) -> Result<DeadLetter, StoreError> {
        let (circumstances, body) = unpack(keys.open(Binding::new(LETTER, self.id), &self.sealed)?)?;
        Ok(DeadLetter {
            id: self.id.into(),
            queue: self.queue,
            message_id: self.message_id,
            reason: self.reason,
            attempts: u32::try_from(self.attempts).unwrap_or_default(),
            received_at: self.received_at,
            died_at: self.died_at,
            put_backs: u32::try_from(self.put_backs).unwrap_or_default(),
            circumstances,
            body,
        })
    }
}
