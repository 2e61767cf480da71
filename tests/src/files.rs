//! A store of files that is a test's own, and what is known of its files.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::broker::{Queue, consume};
use shared::domain::clock;
use shared::domain::ids::{AccountId, MediaId};
use shared::domain::message::media::MediaKind;
use shared::events::wake::WakeAccount;
use shared::objects::{ObjectError, ObjectKey, ObjectSettings, Objects};
use shared::store::keyring::Keys;
use shared::store::media::insert::{self, NewJob, NewMedia, Origin};
use shared::store::media::jobs::JobKind;
use shared::store::media::outcome::{self, Found};
use shared::store::seal::SealError;
use shared::store::{PgPool, segments};
use sqlx::FromRow;
use uuid::Uuid;
use workers::janitor;
use workers::media::tidy;

use crate::TestApp;

/// A folder of files; it goes with the test.
#[derive(Debug)]
pub struct TestFiles {
    /// The store.
    pub objects: Objects,
    folder: PathBuf,
}

impl TestFiles {
    /// An empty one.
    pub fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("loa-files-{:032x}", rand::random::<u128>()));
        Ok(Self { objects: ObjectSettings::folder(&folder).open()?, folder })
    }

    /// The stored bytes of every object, as they lie on the disk.
    pub fn on_disk(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let (mut folders, mut found) = (vec![self.folder.clone()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    found.push(std::fs::read(entry.path())?);
                }
            }
        }
        Ok(found)
    }
}

impl Drop for TestFiles {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A row of the table of files.
#[derive(Clone, Debug, FromRow)]
pub struct File {
    /// Its id.
    pub id: Uuid,
    /// `pending`, `stored`, `failed`.
    pub state: String,
    /// Why it is not there.
    pub error: Option<Value>,
    /// What it is.
    pub mime_type: Option<String>,
    /// Its length.
    pub size: Option<i64>,
    /// Its checksum.
    pub sha256: Option<String>,
    /// Its name in the store.
    pub object_key: Option<String>,
}

impl File {
    /// The code of why it is not there; empty where it is, or nobody knows.
    pub fn code(&self) -> &str {
        self.error.as_ref().and_then(|error| error["code"].as_str()).unwrap_or_default()
    }
}

/// Every file there is.
pub async fn all(pool: &PgPool) -> anyhow::Result<Vec<File>> {
    let sql = "select id, state, error, mime_type, size, sha256, object_key from media order by created_at, id";
    Ok(sqlx::query_as(sql).fetch_all(pool).await?)
}

/// Work that waits for its time is due now.
pub async fn time_passes(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::query("update media_jobs set not_before = now() - interval '1 second'").execute(pool).await?;
    Ok(())
}

/// A file that a platform tells of.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// Where it is.
    pub origin: Origin<'a>,
    /// What kind of file it is.
    pub kind: MediaKind,
    /// What it is more closely.
    pub mime_type: Option<&'a str>,
    /// Its checksum, in hex.
    pub sha256: Option<&'a str>,
    /// When its source forgets it.
    pub source_ends_at: Option<DateTime<Utc>>,
}

impl<'a> Told<'a> {
    /// A picture from `origin`.
    pub const fn image(origin: Origin<'a>) -> Self {
        Self { origin, kind: MediaKind::Image, mime_type: None, sha256: None, source_ends_at: None }
    }
}

impl TestApp {
    /// Serves the wake-ups of the fetcher of files, and nothing else.
    pub async fn fetch(&self) -> anyhow::Result<usize> {
        Ok(consume::drain(Arc::clone(&self.media), &self.broker.broker).await?)
    }

    /// The janitor's round over work on files.
    pub async fn sweep_media(&self) -> anyhow::Result<()> {
        Ok(janitor::media::sweep(&self.context, &self.janitor).await?)
    }

    /// The fetcher's round over files that were never finished.
    pub async fn tidy_files(&self) -> anyhow::Result<()> {
        Ok(tidy::round(&self.context.pool, &self.files.objects, &self.media_metrics).await?)
    }

    /// Wakes the fetcher of files for the merchant's number.
    pub async fn wake_fetcher(&self) -> anyhow::Result<()> {
        let wake = WakeAccount { account_id: self.account };
        Ok(self.context.publisher().wake(Queue::Media, [wake]).await?)
    }

    /// Notes a file that came to `account`, to be fetched, and wakes the fetcher.
    pub async fn told_of(&self, account_id: AccountId, told: &Told<'_>) -> anyhow::Result<MediaId> {
        let (media_id, merchant_id) = (MediaId::new(), self.merchant.id);
        let mut transaction = self.context.pool.begin().await?;
        let keys = Keys::from((merchant_id, self.context.keyring.of(&mut transaction, merchant_id).await?));
        let media = NewMedia {
            id: media_id,
            merchant_id,
            account_id: Some(account_id),
            of: None,
            origin: told.origin,
            kind: told.kind,
            mime_type: told.mime_type,
            filename: None,
            sha256: told.sha256.map(str::to_owned),
            error: None,
            source_ends_at: told.source_ends_at,
        };
        insert::insert(&mut transaction, &keys, &[media]).await?;
        insert::enqueue(&mut transaction, &[NewJob { media_id, account_id, merchant_id, kind: JobKind::Fetch }])
            .await?;
        transaction.commit().await?;
        self.context.publisher().wake(Queue::Media, [WakeAccount { account_id }]).await?;
        Ok(media_id)
    }

    /// A file of the merchant's, as somebody gave it.
    pub async fn stored_file(&self, kind: MediaKind, mime_type: &str, file: &[u8]) -> anyhow::Result<MediaId> {
        let (id, merchant_id) = (MediaId::new(), self.merchant.id);
        let mut transaction = self.context.pool.begin().await?;
        let keys = self.context.keyring.of(&mut transaction, merchant_id).await?;
        let of_merchant = Keys::from((merchant_id, Arc::clone(&keys)));
        let media = NewMedia {
            id,
            merchant_id,
            account_id: None,
            of: None,
            origin: Origin::Upload,
            kind,
            mime_type: Some(mime_type),
            filename: None,
            sha256: None,
            error: None,
            source_ends_at: None,
        };
        insert::insert(&mut transaction, &of_merchant, &[media]).await?;
        let key = ObjectKey::of(merchant_id, id);
        let chunks = futures::stream::iter([Ok::<_, SealError>(Bytes::copy_from_slice(file))]);
        self.files.objects.put(&key, segments::seal(keys, id, Box::pin(chunks))).await?;
        let found = Found {
            mime_type: None,
            size: file.len() as u64,
            sha256: hex::encode(Sha256::digest(file)),
            object_key: key.as_str().to_owned(),
        };
        outcome::keep(&mut transaction, id, &found, clock::now()).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// A stored file, opened.
    pub async fn content_of(&self, media: MediaId) -> anyhow::Result<Vec<u8>> {
        let mut conn = self.context.pool.acquire().await?;
        let keys = self.context.keyring.of(&mut conn, self.merchant.id).await?;
        let object = self.files.objects.get(&ObjectKey::of(self.merchant.id, media)).await?;
        let object = object.map_err(Broken::Object);
        let chunks: Vec<Bytes> = segments::open(keys, media, 0, Box::pin(object)).try_collect().await?;
        Ok(chunks.concat())
    }

    /// How often work on files of `kind` ended in `outcome`.
    pub fn media_jobs(&self, kind: &str, outcome: &str) -> u64 {
        self.media_metrics.jobs.with_label_values(&[kind, outcome]).get()
    }
}

/// A stored file that does not open.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Seal(#[from] SealError),
}
