//! Files as their merchant sees them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::FILENAME;
use super::jobs::{self, Opens};
use crate::domain::ids::{AccountId, MediaId, MerchantId, MessageId};
use crate::domain::message::media::MediaKind;
use crate::store::error::StoreError;
use crate::store::keyring::{Keyring, Keys};

/// What became of a file of a message.
#[derive(Clone, Debug, Deserialize)]
pub struct FileOf {
    /// Its id.
    pub id: MediaId,
    /// Its place in the message.
    pub position: u16,
    /// `pending`, `stored`, `failed` or `erased`.
    pub state: String,
    /// What the source says of it, and once it is stored what it really is.
    pub mime_type: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Why it is not there, and whether it may be tried again.
    pub error: Option<Value>,
}

/// A file.
#[derive(Clone, Debug)]
pub struct MediaFile {
    /// Its id.
    pub id: MediaId,
    /// The message that carries it, and its place there.
    pub of: Option<(MessageId, u16)>,
    /// What kind of file it is.
    pub kind: MediaKind,
    /// What it is more closely.
    pub mime_type: Option<String>,
    /// Its name.
    pub filename: Option<String>,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// Its checksum, in lower-case hex.
    pub sha256: Option<String>,
    /// `pending`, `stored`, `failed` or `erased`.
    pub state: String,
    /// Why it is not there.
    pub error: Option<Value>,
    /// Where it lies, while it does.
    pub object_key: Option<String>,
    /// When it was told of.
    pub created_at: DateTime<Utc>,
    /// When it was stored.
    pub stored_at: Option<DateTime<Utc>>,
}

/// The file `id` of `merchant`.
pub async fn get(
    conn: &mut PgConnection,
    keyring: &Keyring,
    merchant: MerchantId,
    id: MediaId,
) -> Result<Option<MediaFile>, StoreError> {
    let row = sqlx::query!(
        "select message_id, position, kind, mime_type, filename, size, sha256, state, error, object_key, created_at,
                stored_at
         from media where merchant_id = $1 and id = $2",
        merchant.0,
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let keys = Keys::from((merchant, keyring.of(conn, merchant).await?));
    let opens = Opens { keys: &keys, merchant, media: id };
    Ok(Some(MediaFile {
        id,
        of: row.message_id.map(|message| (message.into(), u16::try_from(row.position).unwrap_or(0))),
        kind: jobs::kind(&row.kind)?,
        mime_type: row.mime_type,
        filename: opens.text(FILENAME, row.filename.as_deref())?,
        size: row.size.and_then(|size| u64::try_from(size).ok()),
        sha256: row.sha256,
        state: row.state,
        error: row.error,
        object_key: row.object_key,
        created_at: row.created_at,
        stored_at: row.stored_at,
    }))
}

/// What came of asking for a file once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It is fetched once more, in the name of this account.
    Queued(AccountId),
    /// It is on its way already.
    OnItsWay,
    /// It is there.
    Stored,
    /// There is nowhere to fetch it from.
    NoSource,
    /// There is no such file.
    Missing,
}

/// Has the file `id` of `merchant` fetched once more: a person asks. Its source is believed to have it for
/// another hour, whatever was known of it.
pub async fn retry(conn: &mut PgConnection, merchant: MerchantId, id: MediaId) -> Result<Retried, StoreError> {
    let row = sqlx::query!(
        r#"select state, account_id, (platform_id is not null or link is not null) as "has_source!"
           from media where merchant_id = $1 and id = $2 for update"#,
        merchant.0,
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(Retried::Missing);
    };
    let account = match (row.state.as_str(), row.account_id) {
        ("stored", _) => return Ok(Retried::Stored),
        ("pending", _) => return Ok(Retried::OnItsWay),
        ("failed", Some(account)) if row.has_source => account,
        _ => return Ok(Retried::NoSource),
    };
    sqlx::query!(
        "update media set state = 'pending', error = null,
                          source_ends_at = greatest(source_ends_at, now() + interval '1 hour')
         where id = $1",
        id.0
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into media_jobs (media_id, account_id, merchant_id, kind) values ($1, $2, $3, 'fetch')
         on conflict (media_id, account_id, kind) do nothing",
        id.0,
        account,
        merchant.0
    )
    .execute(conn)
    .await?;
    Ok(Retried::Queued(account.into()))
}
