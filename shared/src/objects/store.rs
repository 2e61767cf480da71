//! The store of objects.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::error::ObjectError;
use super::key::ObjectKey;
use super::put;

/// Files on their way at once in one process. Each holds some 10 MiB at most.
const MOST_TRANSFERS: usize = 16;
/// How long a file waits for its turn.
const TURN: Duration = Duration::from_secs(20);
/// What one call to the store may take.
const CALL: Duration = Duration::from_secs(90);

/// The bytes of an object, as they come.
pub type Bytestream = BoxStream<'static, Result<Bytes, ObjectError>>;

/// Where files lie; clones share it.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    turns: Arc<Semaphore>,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objects({}, {})", self.store, self.prefix)
    }
}

impl Objects {
    pub(super) fn new(store: Arc<dyn ObjectStore>, prefix: Path) -> Self {
        Self { store, prefix, turns: Arc::new(Semaphore::new(MOST_TRANSFERS)) }
    }

    /// Stores all of `stream` at `key`, in place of what was there; gives the number of bytes. Where anything
    /// fails, nothing of it is left.
    pub async fn put<E>(
        &self,
        key: &ObjectKey,
        stream: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<u64, ObjectError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let _turn = self.turn().await?;
        put::put(self.store.as_ref(), &key.below(&self.prefix), stream, CALL).await
    }

    /// The object at `key`. Its turn lasts as long as the stream.
    pub async fn get(&self, key: &ObjectKey) -> Result<Bytestream, ObjectError> {
        self.get_from(key, 0).await
    }

    /// The object at `key` from its byte `offset` on, which lies in it.
    pub async fn get_from(&self, key: &ObjectKey, offset: u64) -> Result<Bytestream, ObjectError> {
        let turn = self.turn().await?;
        let path = key.below(&self.prefix);
        let range = (offset > 0).then_some(GetRange::Offset(offset));
        let options = GetOptions { range, ..GetOptions::default() };
        let found = timeout(CALL, self.store.get_opts(&path, options)).await.map_err(|_| ObjectError::TimedOut)??;
        let chunks = found.into_stream().map_err(ObjectError::from);
        let timed = futures::stream::unfold(Some((chunks, turn)), |state| async move {
            let (mut chunks, turn) = state?;
            match timeout(CALL, chunks.next()).await {
                Ok(Some(chunk)) => Some((chunk, Some((chunks, turn)))),
                Ok(None) => None,
                Err(_) => Some((Err(ObjectError::TimedOut), None)),
            }
        });
        Ok(timed.boxed())
    }

    /// Deletes the object at `key`; one that is not there is as good as deleted.
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), ObjectError> {
        let path = key.below(&self.prefix);
        let deleted = timeout(CALL, self.store.delete(&path)).await.map_err(|_| ObjectError::TimedOut)?;
        match deleted.map_err(ObjectError::from) {
            Err(ObjectError::Missing(_)) => Ok(()),
            other => other,
        }
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, ObjectError> {
        match timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(ObjectError::Busy),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;
    use crate::domain::ids::{MediaId, MerchantId};

    fn in_memory() -> Objects {
        Objects::new(Arc::new(object_store::memory::InMemory::new()), Path::from("loa"))
    }

    fn pieces(count: usize, of: usize) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
        stream::iter((0..count).map(move |number| Ok(Bytes::from(vec![u8::try_from(number % 251).unwrap_or(0); of]))))
    }

    async fn all(objects: &Objects, key: &ObjectKey) -> Vec<u8> {
        let chunks: Vec<Bytes> = objects.get(key).await.unwrap().try_collect().await.unwrap();
        chunks.concat()
    }

    #[tokio::test]
    async fn what_is_stored_comes_back_however_long_it_is() {
        let objects = in_memory();
        for count in [0, 1, 80, 200] {
            let key = ObjectKey::of(MerchantId::new(), MediaId::new());
            let length = objects.put(&key, pieces(count, 1 << 16)).await.unwrap();
            let expected: Vec<Bytes> = pieces(count, 1 << 16).try_collect().await.unwrap();
            assert_eq!(length, (count << 16) as u64);
            assert!(all(&objects, &key).await == expected.concat(), "{count}");
        }
    }

    #[tokio::test]
    async fn what_breaks_off_leaves_nothing() {
        let objects = in_memory();
        let key = ObjectKey::of(MerchantId::new(), MediaId::new());
        let broken = pieces(200, 1 << 16).chain(stream::iter([Err(std::io::Error::other("broke off"))]));
        assert!(matches!(objects.put(&key, broken).await, Err(ObjectError::Source(_))));
        assert!(matches!(objects.get(&key).await, Err(ObjectError::Missing(_))));
    }

    #[tokio::test]
    async fn what_is_not_there_can_be_deleted() {
        let objects = in_memory();
        let key = ObjectKey::of(MerchantId::new(), MediaId::new());
        objects.put(&key, pieces(1, 8)).await.unwrap();
        objects.delete(&key).await.unwrap();
        objects.delete(&key).await.unwrap();
        assert!(objects.get(&key).await.is_err());
    }
}
