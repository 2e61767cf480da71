//! Storing what comes as a stream: a small object in one call, a large one part by part.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::time::timeout;

use super::error::ObjectError;

/// What is uploaded at a time, and what a transfer holds in memory. S3 takes no smaller parts than 5 MiB.
const PART: usize = 5 << 20;

/// Stores all of `stream` at `path`; gives the number of bytes. Each call to the store ends within `limit`.
/// Where the stream or the store fails, nothing of it is left.
pub(super) async fn put<E>(
    store: &dyn ObjectStore,
    path: &Path,
    stream: impl Stream<Item = Result<Bytes, E>> + Send,
    limit: Duration,
) -> Result<u64, ObjectError>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut stream = std::pin::pin!(stream);
    let Filled { part, is_last } = fill(&mut stream).await?;
    if is_last {
        let length = part.len() as u64;
        timeout(limit, store.put(path, PutPayload::from(part))).await.map_err(|_| ObjectError::TimedOut)??;
        return Ok(length);
    }
    let mut upload = timeout(limit, store.put_multipart(path)).await.map_err(|_| ObjectError::TimedOut)??;
    let stored = in_parts(upload.as_mut(), part, &mut stream, limit).await;
    if stored.is_err() {
        // Best effort: a bucket forgets unfinished uploads by a rule of its own.
        let _ = timeout(limit, upload.abort()).await;
    }
    stored
}

async fn in_parts<S, E>(
    upload: &mut dyn MultipartUpload,
    first: Bytes,
    stream: &mut S,
    limit: Duration,
) -> Result<u64, ObjectError>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut filled = Filled { part: first, is_last: false };
    let mut length = 0;
    loop {
        length += filled.part.len() as u64;
        if !filled.part.is_empty() {
            let put = upload.put_part(PutPayload::from(filled.part));
            timeout(limit, put).await.map_err(|_| ObjectError::TimedOut)??;
        }
        if filled.is_last {
            timeout(limit, upload.complete()).await.map_err(|_| ObjectError::TimedOut)??;
            return Ok(length);
        }
        filled = fill(stream).await?;
    }
}

/// The next part, and whether the stream has ended behind it.
struct Filled {
    part: Bytes,
    is_last: bool,
}

async fn fill<S, E>(stream: &mut S) -> Result<Filled, ObjectError>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut part = BytesMut::new();
    while part.len() < PART {
        match stream.next().await {
            Some(Ok(bytes)) => part.extend_from_slice(&bytes),
            Some(Err(error)) => return Err(ObjectError::Source(error.into())),
            None => return Ok(Filled { part: part.freeze(), is_last: true }),
        }
    }
    Ok(Filled { part: part.freeze(), is_last: false })
}
