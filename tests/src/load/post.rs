//! Posts signed webhooks with as little work as it takes: the load shares the machine with what it is for.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::webhook::{PATH, SIGNATURE, Signer};

/// Platforms wait about as long.
const LIMIT: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: usize = 16 * 1024;

/// The POST of `body`, byte for byte as it is sent.
pub fn request(body: &[u8], signer: &Signer) -> Bytes {
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{SIGNATURE}: {}\r\n\
         content-length: {}\r\n\r\n",
        signer.sign(body),
        body.len()
    );
    Bytes::from([head.as_bytes(), body].concat())
}

/// One connection that posts one request after another.
#[derive(Debug)]
pub struct Connection {
    socket: TcpStream,
    read: BytesMut,
    /// The server has said that it ends here.
    is_over: bool,
}

impl Connection {
    /// Connects to `address`.
    pub async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, read: BytesMut::with_capacity(1024), is_over: false })
    }

    /// Sends `request` and reads its answer, no further than it takes to tell it from the next; its status.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.send(request).await?;
        loop {
            if let Some(answer) = answer(&self.read)? {
                self.read.advance(answer.length);
                self.is_over = answer.closes;
                return Ok(answer.status);
            }
            ensure!(self.read.len() < LARGEST_ANSWER, "the answer does not end");
            let read = self.socket.read_buf(&mut self.read).await?;
            ensure!(read > 0, "the connection was closed");
        }
    }

    /// Whether the last answer was the last on this connection.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Sends `bytes` and waits for nothing.
    pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.socket.write_all(bytes).await
    }
}

/// How a POST ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Posted {
    /// It was answered with this status.
    Answered(u16),
    /// Nobody listened.
    Refused,
    /// The connection ended before an answer.
    Cut,
    /// No answer came in time.
    TimedOut,
}

impl std::fmt::Display for Posted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "{status}"),
            Self::Refused => f.write_str("refused"),
            Self::Cut => f.write_str("cut"),
            Self::TimedOut => f.write_str("timed out"),
        }
    }
}

/// Connections to one address, as many as are needed at once, kept for the next request.
#[derive(Debug)]
pub struct Connections {
    address: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    /// None yet.
    pub fn to(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// Where they lead.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Posts `request` once.
    pub async fn post(&self, request: &[u8]) -> Posted {
        timeout(LIMIT, self.try_post(request)).await.unwrap_or(Posted::TimedOut)
    }

    async fn try_post(&self, request: &[u8]) -> Posted {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => match Connection::open(self.address).await {
                Ok(connection) => connection,
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Posted::Refused,
                Err(_) => return Posted::Cut,
            },
        };
        let Ok(status) = connection.exchange(request).await else { return Posted::Cut };
        if !connection.is_over() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        Posted::Answered(status)
    }
}

/// An answer at the head of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    /// Of all of it.
    length: usize,
    closes: bool,
}

/// The answer at the head of `bytes`; `None` while it is not there whole.
fn answer(bytes: &[u8]) -> anyhow::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = answer.parse(bytes)? else { return Ok(None) };
    let status = answer.code.context("an answer without a status")?;
    let header = |name: &str| answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let length = header("content-length");
    let length: usize =
        length.map_or(Ok(0), |header| std::str::from_utf8(header.value)?.trim().parse().context("length"))?;
    let closes = header("connection").is_some_and(|header| header.value.eq_ignore_ascii_case(b"close"));
    Ok((bytes.len() >= head + length).then_some(Answer { status, length: head + length, closes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_from_the_next_by_its_length() {
        let two = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 503";
        let length = two.len() - "HTTP/1.1 503".len();
        assert_eq!(answer(two).unwrap(), Some(Answer { status: 200, length, closes: false }));
        assert_eq!(answer(&two[..two.len() - "}HTTP/1.1 503".len()]).unwrap(), None);
        let last = answer(b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n").unwrap().unwrap();
        assert_eq!((last.status, last.closes), (503, true));
    }
}
