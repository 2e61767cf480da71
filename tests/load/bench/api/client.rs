//! Clients who ask one thing after another, with as little work as it takes: they share the machine with what they ask.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::{Buf, Bytes, BytesMut};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// No answer takes longer.
const LIMIT: Duration = Duration::from_secs(30);

/// Who asks: where, and in whose name.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) token: String,
}

/// What is asked for: the path of request number `n`.
pub(super) type Path = Arc<dyn Fn(u64) -> String + Send + Sync>;

/// How long the answers took, sorted.
#[derive(Debug)]
pub(super) struct Driven {
    pub(super) latencies: Vec<Duration>,
    pub(super) took: Duration,
}

impl Client {
    /// The answer to one request.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let mut connection = Connection::open(self.address).await?;
        let (status, body) = connection.exchange(&self.request(path)).await?;
        ensure!(status == 200, "{path}: {status} {}", String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body)?)
    }

    /// `clients` who ask for `lasts`, each for the next thing as soon as it has the last.
    pub(super) async fn drive(&self, clients: u64, lasts: Duration, path: Path) -> anyhow::Result<Driven> {
        let began = Instant::now();
        let mut asking = JoinSet::new();
        for number in 0..clients {
            let (client, path) = (self.clone(), Arc::clone(&path));
            asking.spawn(async move { client.keep_asking(number, clients, began + lasts, &path).await });
        }
        let mut latencies = Vec::new();
        while let Some(asked) = asking.join_next().await {
            latencies.extend(asked??);
        }
        ensure!(!latencies.is_empty(), "nothing was asked");
        latencies.sort_unstable();
        Ok(Driven { latencies, took: began.elapsed() })
    }

    async fn keep_asking(&self, first: u64, step: u64, until: Instant, path: &Path) -> anyhow::Result<Vec<Duration>> {
        let mut connection = Connection::open(self.address).await?;
        let (mut latencies, mut number) = (Vec::new(), first);
        while Instant::now() < until {
            let request = self.request(&path(number));
            let asked = Instant::now();
            let (status, body) = timeout(LIMIT, connection.exchange(&request)).await.context("no answer in time")??;
            ensure!(status == 200, "{}: {status} {}", path(number), String::from_utf8_lossy(&body));
            latencies.push(asked.elapsed());
            number += step;
        }
        Ok(latencies)
    }

    fn request(&self, path: &str) -> Bytes {
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n", self.token).into()
    }
}

struct Connection {
    socket: TcpStream,
    read: BytesMut,
}

impl Connection {
    async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, read: BytesMut::with_capacity(64 * 1024) })
    }

    /// Sends `request` and reads its answer: the status and the body.
    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<(u16, Bytes)> {
        self.socket.write_all(request).await?;
        loop {
            if let Some((status, head, length)) = head(&self.read)?
                && self.read.len() >= head + length
            {
                self.read.advance(head);
                return Ok((status, self.read.split_to(length).freeze()));
            }
            let read = self.socket.read_buf(&mut self.read).await?;
            ensure!(read > 0, "the connection was closed");
        }
    }
}

/// The status, the length of the head and that of the body; none while the head is not there whole.
fn head(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = answer.parse(bytes)? else { return Ok(None) };
    let status = answer.code.context("an answer without a status")?;
    let length = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.context("an answer of no known length")?;
    Ok(Some((status, head, std::str::from_utf8(length.value)?.trim().parse()?)))
}
