//! Reads a body whole: at most so many bytes, in at most so much time, within the budget.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::timeout;

use crate::admission::{Exhausted, Room};

/// Allocated before the first byte is there; most bodies fit.
const FIRST_ALLOCATION: usize = 16 * 1024;

/// How much a body may be and take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
}

/// Why there is no whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    TooSlow,
    NoRoom,
    /// The client went away, or its chunks do not read.
    Broken,
}

impl From<Exhausted> for BodyError {
    fn from(Exhausted: Exhausted) -> Self {
        Self::NoRoom
    }
}

/// How many bytes the client announced, zero where it did not say. Too many need not be begun.
pub(crate) fn announced(body: &impl Body, limits: BodyLimits) -> Result<usize, BodyError> {
    usize::try_from(body.size_hint().lower()).ok().filter(|bytes| *bytes <= limits.bytes).ok_or(BodyError::TooLarge)
}

/// The whole of `body`, its bytes taken from `room` as they arrive.
pub(crate) async fn read<B: Body<Data = Bytes>>(
    body: B,
    limits: BodyLimits,
    room: &mut Room,
) -> Result<Bytes, BodyError> {
    let announced = announced(&body, limits)?;
    timeout(limits.time, gather(body, announced, limits.bytes, room)).await.unwrap_or(Err(BodyError::TooSlow))
}

async fn gather<B: Body<Data = Bytes>>(
    body: B,
    announced: usize,
    limit: usize,
    room: &mut Room,
) -> Result<Bytes, BodyError> {
    // Copied, so that a small body does not keep the connection's whole read buffer alive.
    let mut whole = BytesMut::with_capacity(announced.min(FIRST_ALLOCATION));
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame.map_err(|_| BodyError::Broken)?.into_data() else {
            continue; // trailers
        };
        if chunk.len() > limit - whole.len() {
            return Err(BodyError::TooLarge);
        }
        room.grow(chunk.len())?;
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body_util::Full;
    use hyper::body::Frame;
    use prometheus::IntGauge;

    use super::*;
    use crate::admission::Budget;

    const LIMITS: BodyLimits = BodyLimits { bytes: 10, time: Duration::from_millis(20) };

    /// A chunked body: it gives its chunks and then, where `endless`, never another one.
    struct Chunks {
        left: Vec<Result<Bytes, &'static str>>,
        endless: bool,
    }

    impl Body for Chunks {
        type Data = Bytes;
        type Error = &'static str;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
            if self.left.is_empty() {
                return if self.endless { Poll::Pending } else { Poll::Ready(None) };
            }
            Poll::Ready(Some(self.left.remove(0).map(Frame::data)))
        }
    }

    fn chunks<const N: usize>(chunks: [&'static [u8]; N]) -> Chunks {
        Chunks { left: chunks.map(|chunk| Ok(Bytes::from_static(chunk))).into(), endless: false }
    }

    async fn read_within<B: Body<Data = Bytes>>(budget: usize, body: B) -> Result<Bytes, BodyError> {
        let budget = Budget::new(budget, IntGauge::new("bytes", "bytes").unwrap());
        let mut room = budget.admit(0).unwrap();
        read(body, LIMITS, &mut room).await
    }

    #[tokio::test]
    async fn chunks_are_put_together_up_to_the_limit() {
        let whole = read_within(10_000, chunks([b"12345", b"67890"])).await;
        assert_eq!(whole.as_deref(), Ok(&b"1234567890"[..]));
        let beyond = read_within(10_000, chunks([b"12345", b"67890", b"1"])).await;
        assert_eq!(beyond, Err(BodyError::TooLarge));
    }

    #[tokio::test]
    async fn an_announced_length_beyond_the_limit_is_not_read() {
        let body: Full<Bytes> = Full::from("12345678901");
        assert_eq!(read_within(10_000, body).await, Err(BodyError::TooLarge));
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_in_time_is_too_slow() {
        let mut body = chunks([b"1"]);
        body.endless = true;
        assert_eq!(read_within(10_000, body).await, Err(BodyError::TooSlow));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_broken() {
        let mut body = chunks([b"1"]);
        body.left.push(Err("gone"));
        assert_eq!(read_within(10_000, body).await, Err(BodyError::Broken));
    }

    #[tokio::test]
    async fn a_body_stops_where_the_budget_ends() {
        let body = chunks([b"12345", b"67890"]);
        assert_eq!(read_within(1024 + 7, body).await, Err(BodyError::NoRoom));
    }

    #[test]
    fn what_is_not_announced_counts_as_nothing() {
        assert_eq!(announced(&chunks([b"12345"]), LIMITS), Ok(0));
        assert_eq!(announced(&Full::<Bytes>::from("12345"), LIMITS), Ok(5));
    }
}
