//! A client's socket with a sense of time, for what hyper leaves open: a head that has begun must be
//! whole within seconds though an idle connection may wait a minute for the next; a client must take
//! its answers; and one whose request was cut short gets to read why.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::exchange::{Exchange, Turn};

/// How much is read and thrown away after an answer that cut a request short.
const LONGEST_FAREWELL: usize = 256 * 1024;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For a request's head, from its first byte.
    pub(crate) head: Duration,
    /// For taking a byte of an answer.
    pub(crate) write: Duration,
    /// For hanging up after an answer that cut its request short.
    pub(crate) farewell: Duration,
}

/// A socket that loses patience.
#[derive(Debug)]
pub(crate) struct Stream<S> {
    socket: S,
    exchange: Arc<Exchange>,
    patience: Patience,
    /// Since when, and in which turn, bytes of a head have been coming in.
    head: Option<(Instant, Turn)>,
    /// The timers exist only while something is waited for.
    head_timer: Option<Pin<Box<Sleep>>>,
    write_timer: Option<Pin<Box<Sleep>>>,
    farewell: Option<Farewell>,
}

#[derive(Debug)]
struct Farewell {
    timer: Pin<Box<Sleep>>,
    read: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    pub(crate) fn new(socket: S, exchange: Arc<Exchange>, patience: Patience) -> Self {
        Self { socket, exchange, patience, head: None, head_timer: None, write_timer: None, farewell: None }
    }

    fn came_in(&mut self, turn: Turn) {
        if !turn.is_answering() && self.head.is_none() {
            self.head = Some((Instant::now(), turn));
        }
    }

    /// Ready when the head that is coming in has taken too long.
    fn poll_head_timer(&mut self, cx: &mut Context<'_>, turn: Turn) -> Poll<()> {
        let Some((since, _)) = self.head.filter(|(_, then)| *then == turn) else {
            (self.head, self.head_timer) = (None, None);
            return Poll::Pending;
        };
        let deadline = since + self.patience.head;
        self.head_timer.get_or_insert_with(|| Box::pin(sleep_until(deadline))).as_mut().poll(cx)
    }

    /// Gives up when nothing could be written for too long.
    fn watch_write<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_timer = None;
            return written;
        }
        let patience = self.patience.write;
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }

    /// Reads what the client still sends and throws it away. A socket that is closed with unread bytes
    /// resets the connection, and the answer may be lost on the way.
    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let patience = self.patience.farewell;
        let farewell = self.farewell.get_or_insert_with(|| Farewell { timer: Box::pin(sleep(patience)), read: 0 });
        let mut room = [0; 8 * 1024];
        while farewell.read < LONGEST_FAREWELL {
            let mut buffer = ReadBuf::new(&mut room);
            match Pin::new(&mut self.socket).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    farewell.read += buffer.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return farewell.timer.as_mut().poll(cx),
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let turn = this.exchange.turn();
        if let Poll::Ready(read) = Pin::new(&mut this.socket).poll_read(cx, buffer) {
            this.came_in(turn);
            return Poll::Ready(read);
        }
        ready!(this.poll_head_timer(cx, turn));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.watch_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.watch_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.farewell.is_none() {
            ready!(Pin::new(&mut this.socket).poll_shutdown(cx))?;
        }
        if this.exchange.was_cut_short() {
            ready!(this.poll_farewell(cx));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_millis(30),
        write: Duration::from_millis(30),
        farewell: Duration::from_millis(30),
    };

    #[tokio::test]
    async fn a_head_that_has_begun_must_go_on() {
        let (mut client, server) = duplex(64);
        let mut stream = Stream::new(server, Arc::default(), PATIENCE);
        let began = Instant::now();
        client.write_all(b"POST").await.unwrap();
        let mut read = [0; 64];
        assert_eq!(stream.read(&mut read).await.unwrap(), 4);
        let error = stream.read(&mut read).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(began.elapsed() >= PATIENCE.head);
    }

    #[tokio::test]
    async fn an_idle_connection_may_wait_after_a_request_was_answered() {
        let (mut client, server) = duplex(64);
        let exchange = Arc::new(Exchange::default());
        let mut stream = Stream::new(server, Arc::clone(&exchange), PATIENCE);
        client.write_all(b"POST").await.unwrap();
        let mut read = [0; 64];
        assert_eq!(stream.read(&mut read).await.unwrap(), 4);
        drop(exchange.begin());
        let idle = tokio::time::timeout(PATIENCE.head * 3, stream.read(&mut read));
        assert!(idle.await.is_err());
    }

    #[tokio::test]
    async fn a_client_must_take_its_answer() {
        let (_client, server) = duplex(1);
        let mut stream = Stream::new(server, Arc::default(), PATIENCE);
        let error = stream.write_all(b"HTTP").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_farewell_ends_when_the_client_does_not() {
        let (mut client, server) = duplex(64);
        let exchange = Arc::new(Exchange::default());
        let mut stream = Stream::new(server, Arc::clone(&exchange), PATIENCE);
        exchange.cut_short();
        client.write_all(b"more of a body").await.unwrap();
        let began = Instant::now();
        stream.shutdown().await.unwrap();
        assert!(began.elapsed() >= PATIENCE.farewell);
    }
}
