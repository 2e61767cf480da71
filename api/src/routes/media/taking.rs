//! Taking a file in: judged while it comes, sealed, stored.

use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{MediaId, MerchantId};
use shared::domain::message::media::MediaKind;
use shared::domain::message::{file, limits};
use shared::objects::{ObjectError, ObjectKey, Seen, Watch, inspect};
use shared::store::keyring::Keys;
use shared::store::media::insert::{self, NewMedia, Origin};
use shared::store::media::outcome::{self, Found};
use shared::store::media::sweep;
use shared::store::seal::SealError;
use shared::store::{StoreError, Transaction, segments};

use crate::error::ApiError;
use crate::state::AppState;

/// Why a file is not taken, or not given.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// It is longer than its channel takes.
    #[error("{0}")]
    TooLarge(String),
    /// It is not what it was called, or nothing that its channel takes.
    #[error("{0}")]
    WrongType(String),
    /// Its request broke off.
    #[error("the body broke off")]
    BrokeOff,
    /// It cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store of files.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooLarge(problem) => Self::FileTooLarge(problem),
            Fault::WrongType(problem) => Self::invalid("file", problem),
            Fault::BrokeOff => Self::InvalidRequest("the body broke off".to_owned()),
            Fault::Seal(error) => Self::Store(error.into()),
            Fault::Objects(ObjectError::Source(source)) => match source.downcast::<Fault>() {
                Ok(fault) => (*fault).into(),
                Err(other) => Self::Internal(other),
            },
            Fault::Objects(error) => Self::Objects(error),
        }
    }
}

/// A file to be sent on a channel.
#[derive(Clone, Debug)]
pub(super) struct Sendable {
    pub(super) channel: Channel,
    pub(super) kind: MediaKind,
    pub(super) mime_type: String,
}

impl Sendable {
    /// Holds its type, and so much of it as there is, against what its channel takes.
    pub(super) fn check(&self, size: u64) -> Result<(), Fault> {
        // An empty file has nothing too long about it; at its end it is one byte too short.
        limits::media_file(self.channel, self.kind, &self.mime_type, size).map_err(|broken| {
            match broken.field.as_str() {
                "size" => Fault::TooLarge(broken.problem),
                _ => Fault::WrongType(format!("{} {}", broken.field, broken.problem)),
            }
        })
    }
}

impl Watch<Fault> for Sendable {
    fn size(&mut self, size: u64) -> Result<(), Fault> {
        self.check(size.max(1))
    }

    fn looks_like(&mut self, sniffed: Option<&'static str>) -> Result<(), Fault> {
        let true_type = file::true_type(self.kind, Some(&self.mime_type), sniffed);
        if let Some(found) = true_type.map_err(|wrong| Fault::WrongType(wrong.to_string()))? {
            self.mime_type = found;
        }
        self.check(1)
    }

    fn end(&mut self, seen: &Seen) -> Result<(), Fault> {
        if seen.size == 0 {
            return Err(Fault::WrongType("is empty".to_owned()));
        }
        Ok(())
    }
}

/// A file that lies in the store of files; its row does not say so yet.
#[derive(Debug)]
pub(super) struct Taken {
    id: MediaId,
    merchant: MerchantId,
    key: ObjectKey,
    found: Found,
}

impl Taken {
    /// What tells it from every other: SHA-256, in hex.
    pub(super) fn sha256(&self) -> &str {
        &self.found.sha256
    }

    /// Says in its row that it is there.
    pub(super) async fn keep(self, transaction: &mut Transaction) -> Result<MediaId, ApiError> {
        outcome::keep(transaction, self.id, &self.found, clock::now()).await?;
        Ok(self.id)
    }

    /// Clears it away. What a crash leaves is found by the janitor.
    pub(super) async fn forget(self, state: &AppState) -> Result<(), ApiError> {
        state.objects.delete(&self.key).await?;
        let mut transaction = state.begin(self.merchant).await?;
        sweep::delete_unfinished(&mut transaction, &[self.id]).await?;
        Ok(transaction.commit().await.map_err(StoreError::Sql)?)
    }
}

/// Stores `body` as a file of `merchant`. Its row is there before it is, so that what breaks off is found
/// and cleared away; it is nobody's to use before it is whole.
pub(super) async fn take<S>(
    state: &AppState,
    merchant: MerchantId,
    sendable: Sendable,
    filename: Option<&str>,
    body: S,
) -> Result<Taken, ApiError>
where
    S: Stream<Item = Result<Bytes, Fault>> + Send,
{
    sendable.check(1)?;
    let id = MediaId::new();
    let mut transaction = state.begin(merchant).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let media = NewMedia {
        id,
        merchant_id: merchant,
        account_id: None,
        of: None,
        origin: Origin::Upload,
        kind: sendable.kind,
        mime_type: Some(&sendable.mime_type),
        filename,
        sha256: None,
        error: None,
        source_ends_at: None,
    };
    let of_merchant = Keys::from((merchant, std::sync::Arc::clone(&keys)));
    insert::insert(&mut transaction, &of_merchant, &[media]).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;

    let key = ObjectKey::of(merchant, id);
    let (kind, declared) = (sendable.kind, sendable.mime_type.clone());
    let (watched, seen) = inspect(Box::pin(body), sendable);
    let stored = state.objects.put(&key, segments::seal(keys, id, Box::pin(watched))).await;
    if let Err(error) = stored {
        let mut transaction = state.begin(merchant).await?;
        sweep::delete_unfinished(&mut transaction, &[id]).await?;
        transaction.commit().await.map_err(StoreError::Sql)?;
        return Err(Fault::Objects(error).into());
    }
    let seen = seen.await.map_err(ApiError::internal)?;
    let mime_type = file::true_type(kind, Some(&declared), seen.sniffed).unwrap_or(Some(declared));
    let found = Found { mime_type, size: seen.size, sha256: seen.sha256, object_key: key.as_str().to_owned() };
    Ok(Taken { id, merchant, key, found })
}

/// The chunks of a request's body.
pub(super) fn chunks<E>(
    body: impl Stream<Item = Result<Bytes, E>> + Send,
) -> impl Stream<Item = Result<Bytes, Fault>> + Send {
    body.map_err(|_| Fault::BrokeOff)
}
