//! A client that can misbehave: it writes bytes and reads answers.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Whatever takes longer does not happen.
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

/// One answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Reply {
    /// The value of the header `name`, given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    }
}

impl Client {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(addr).await.unwrap(), read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next answer.
    pub(crate) async fn reply(&mut self) -> Reply {
        timeout(PATIENCE, self.read_reply())
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("the connection ended without an answer"))
    }

    /// The answer to `request`, unless the server is gone.
    pub(crate) async fn try_ask(&mut self, request: impl AsRef<[u8]>) -> Option<Reply> {
        self.stream.write_all(request.as_ref()).await.ok()?;
        timeout(PATIENCE, self.read_reply()).await.unwrap()
    }

    /// Whether the server hangs up, without another byte.
    pub(crate) async fn is_hung_up_on(&mut self) -> bool {
        let more = timeout(PATIENCE, self.fill()).await;
        more.is_ok_and(|read| read.is_none()) && self.read.is_empty()
    }

    /// Whether the server hangs up in time, whatever it says before.
    pub(crate) async fn ends(&mut self) -> bool {
        timeout(PATIENCE, async { while self.fill().await.is_some() {} }).await.is_ok()
    }

    async fn read_reply(&mut self) -> Option<Reply> {
        let head_end = loop {
            let end = self.read.windows(4).position(|four| four == b"\r\n\r\n");
            match end {
                Some(end) => break end + 4,
                None => self.fill().await?,
            }
        };
        let head = String::from_utf8(self.read.drain(..head_end).collect()).unwrap();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut reply = Reply { status, head, body: String::new() };
        let length: usize = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            self.fill().await?;
        }
        reply.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        Some(reply)
    }

    /// Reads some more; `None` at the end.
    async fn fill(&mut self) -> Option<()> {
        let read = self.stream.read_buf(&mut self.read).await.unwrap_or(0);
        (read > 0).then_some(())
    }
}
