//! Sealing files: segment by segment, so that none is ever whole in memory.
//!
//! ```text
//! object     segment | segment | ... | last segment       each sealed as any value, of 1 MiB but the last
//! ```
//!
//! Each segment is bound to its file, its number, and whether it is the last: none can be left out, moved,
//! put into another file, or cut off unnoticed.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use futures::stream::{self, Stream, StreamExt};

use super::seal::{MerchantKeys, PLAIN, SEALED_OVERHEAD, SealError};
use crate::domain::ids::MediaId;

/// The length of a segment before it is sealed, in bytes.
pub const SEGMENT: usize = 1 << 20;
const PLACE: &str = "media object";

/// `file` sealed as the object of `media`.
pub fn seal<S, E>(keys: Arc<MerchantKeys>, media: MediaId, file: S) -> impl Stream<Item = Result<Bytes, E>> + Send
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: From<SealError> + Send,
{
    let work = move |index: u64, is_last: bool, segment: &[u8]| {
        let bound_to = bound_to(media, index, is_last);
        Ok(keys.seal_bound_to(PLACE, &bound_to, segment)?.into())
    };
    stream::unfold(Some(Cut::new(file, SEGMENT)), move |cut| next(cut, work.clone()))
}

/// Where a byte of a file lies in its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of its segment.
    pub segment: u64,
    /// Where that segment begins in the object.
    pub offset: u64,
    /// How many bytes of the segment lie before it.
    pub skip: usize,
}

/// Where the byte `at` of a file lies that was sealed with `keys`.
pub fn place(keys: &MerchantKeys, at: u64) -> Place {
    let (segment, skip) = (at / SEGMENT as u64, at % SEGMENT as u64);
    Place { segment, offset: segment * sealed_segment(keys) as u64, skip: usize::try_from(skip).unwrap_or(0) }
}

fn sealed_segment(keys: &MerchantKeys) -> usize {
    if keys.are_none() { SEGMENT + 1 } else { SEGMENT + SEALED_OVERHEAD }
}

/// `object` of `media` opened, which begins with the segment `first`.
pub fn open<S, E>(
    keys: Arc<MerchantKeys>,
    media: MediaId,
    first: u64,
    object: S,
) -> impl Stream<Item = Result<Bytes, E>> + Send
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: From<SealError> + Send,
{
    let length = sealed_segment(&keys);
    let work = move |index: u64, is_last: bool, segment: &[u8]| {
        // Where there are keys, whoever can write into the store must not be able to do without them.
        if !keys.are_none() && segment.first() == Some(&PLAIN) {
            return Err(SealError::Broken(PLACE).into());
        }
        let bound_to = bound_to(media, index, is_last);
        Ok(keys.open_bound_to(PLACE, &bound_to, segment)?.into())
    };
    let cut = Cut { index: first, ..Cut::new(object, length) };
    stream::unfold(Some(cut), move |cut| next(cut, work.clone()))
}

fn bound_to(media: MediaId, index: u64, is_last: bool) -> Vec<u8> {
    [PLACE.as_bytes(), b"\0", media.0.as_bytes(), &index.to_be_bytes(), &[u8::from(is_last)]].concat()
}

/// A stream being cut into segments of one length.
struct Cut<S> {
    stream: S,
    length: usize,
    index: u64,
    held: BytesMut,
}

impl<S> Cut<S> {
    fn new(stream: S, length: usize) -> Self {
        Self { stream, length, index: 0, held: BytesMut::new() }
    }
}

/// The next segment, worked on. A segment is known to be the last when the stream ends at its end, so one
/// byte more than a segment is read before it is let go.
async fn next<S, E, F>(cut: Option<Cut<S>>, work: F) -> Option<(Result<Bytes, E>, Option<Cut<S>>)>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    F: Fn(u64, bool, &[u8]) -> Result<Bytes, E>,
{
    let mut cut = cut?;
    while cut.held.len() <= cut.length {
        match cut.stream.next().await {
            Some(Ok(bytes)) => cut.held.extend_from_slice(&bytes),
            Some(Err(error)) => return Some((Err(error), None)),
            None => {
                let worked = work(cut.index, true, &cut.held);
                return Some((worked, None));
            }
        }
    }
    match work(cut.index, false, &cut.held[..cut.length]) {
        Ok(segment) => {
            cut.held.advance(cut.length);
            cut.index += 1;
            Some((Ok(segment), Some(cut)))
        }
        Err(error) => Some((Err(error), None)),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use futures::TryStreamExt;
    use uuid::Uuid;

    use super::super::seal::{MasterKey, MerchantKey};
    use super::*;

    fn sealed_length(length: u64, overhead: u64) -> u64 {
        length + length.div_ceil(SEGMENT as u64).max(1) * overhead
    }

    fn keys() -> Arc<MerchantKeys> {
        let master = MasterKey::parse(&STANDARD.encode([7; 32]).into()).unwrap();
        Arc::new(MerchantKeys { keys: vec![MerchantKey::make(&master, Uuid::nil(), 1).unwrap().0] })
    }

    fn file(length: usize) -> Vec<u8> {
        (0..length).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect()
    }

    fn chunks(of: &[u8], length: usize) -> impl Stream<Item = Result<Bytes, SealError>> + Send + Unpin + use<> {
        let chunks: Vec<_> = of.chunks(length).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        stream::iter(chunks)
    }

    async fn sealed(keys: &Arc<MerchantKeys>, media: MediaId, file: &[u8]) -> Vec<u8> {
        let segments: Vec<Bytes> = seal(Arc::clone(keys), media, chunks(file, 70_000)).try_collect().await.unwrap();
        segments.concat()
    }

    async fn opened(keys: &Arc<MerchantKeys>, media: MediaId, object: &[u8]) -> Result<Vec<u8>, SealError> {
        let segments: Vec<Bytes> = open(Arc::clone(keys), media, 0, chunks(object, 9_999)).try_collect().await?;
        Ok(segments.concat())
    }

    #[tokio::test]
    async fn a_file_of_any_length_opens_as_it_was_sealed() {
        let none = Arc::new(MerchantKeys { keys: Vec::new() });
        for (keys, overhead) in [(keys(), SEALED_OVERHEAD), (none, 1)] {
            for length in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT + 7] {
                let (media, file) = (MediaId::new(), file(length));
                let object = sealed(&keys, media, &file).await;
                assert_eq!(object.len() as u64, sealed_length(length as u64, overhead as u64));
                assert!(opened(&keys, media, &object).await.unwrap() == file, "{length}");
            }
        }
    }

    #[tokio::test]
    async fn a_file_opens_from_any_segment_on() {
        let none = Arc::new(MerchantKeys { keys: Vec::new() });
        for keys in [keys(), none] {
            let (media, file) = (MediaId::new(), file(2 * SEGMENT + 100));
            let object = sealed(&keys, media, &file).await;
            for at in [0, 5, SEGMENT - 1, SEGMENT, 2 * SEGMENT + 99] {
                let place = place(&keys, at as u64);
                let rest = &object[usize::try_from(place.offset).unwrap()..];
                let opened = open(Arc::clone(&keys), media, place.segment, chunks(rest, 9_999));
                let opened: Vec<Bytes> = opened.try_collect().await.unwrap();
                assert!(opened.concat()[place.skip..] == file[at..], "{at}");
            }
        }
    }

    #[tokio::test]
    async fn nothing_of_a_sealed_file_can_be_read_or_changed() {
        let (keys, media) = (keys(), MediaId::new());
        let object = sealed(&keys, media, &file(2 * SEGMENT + 100)).await;
        assert!(!object.windows(16).any(|window| window == &file(16)[..]));

        let whole = SEGMENT + SEALED_OVERHEAD;
        let mut changed = object.clone();
        changed[whole + 50] ^= 1;
        let swapped = [&object[whole..2 * whole], &object[..whole], &object[2 * whole..]].concat();
        for broken in [&object[..2 * whole], &object[..whole], &object[whole..], &changed, &swapped, &[]] {
            assert!(opened(&keys, media, broken).await.is_err());
        }
        assert!(opened(&keys, MediaId::new(), &object).await.is_err(), "it opens as another file");
    }

    #[tokio::test]
    async fn plain_bytes_in_the_store_are_not_taken_for_a_sealed_file() {
        let (none, media) = (Arc::new(MerchantKeys { keys: Vec::new() }), MediaId::new());
        let object = sealed(&none, media, b"forged").await;
        assert!(opened(&keys(), media, &object).await.is_err());
    }
}
