//! The load: so many connections, each posting one signed webhook after another.
//!
//! Requests are signed and laid out before the clock runs, and answers are read no further than it takes to tell
//! one from the next: the load shares the machine with what it measures, and should take little of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ::tests::load::Signer;
use ::tests::load::webhook::{PATH, SIGNATURE};
use anyhow::{Context, ensure};
use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: usize = 16 * 1024;

/// Signed requests, byte for byte as they are sent; each is sent once.
#[derive(Debug)]
pub(crate) struct Requests {
    rendered: Vec<Bytes>,
    next: AtomicUsize,
}

impl Requests {
    /// Signs `bodies` and lays them out.
    pub(crate) fn render(bodies: impl IntoIterator<Item = Bytes>, signer: &Signer) -> Self {
        let rendered = bodies.into_iter().map(|body| request(&body, signer)).collect();
        Self { rendered, next: AtomicUsize::new(0) }
    }

    fn take(&self) -> Option<&Bytes> {
        self.rendered.get(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

fn request(body: &[u8], signer: &Signer) -> Bytes {
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{SIGNATURE}: {}\r\n\
         content-length: {}\r\n\r\n",
        signer.sign(body),
        body.len()
    );
    Bytes::from([head.as_bytes(), body].concat())
}

/// How requests follow each other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// Each connection posts the next as soon as it has an answer.
    Flat,
    /// So many a second over all connections, whether answers come or not; what is late counts from when it was
    /// due.
    PerSecond(f64),
}

/// What one turn has measured.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// Time from each request to its answer 200.
    pub(crate) latencies: Vec<Duration>,
    /// Answers other than 200.
    pub(crate) refused: BTreeMap<u16, u64>,
}

/// Posts `requests` over `connections` connections for `lasts`, or until there are no more of them.
pub(crate) async fn drive(
    address: SocketAddr,
    connections: usize,
    lasts: Duration,
    pace: Pace,
    requests: &Arc<Requests>,
) -> anyhow::Result<Turn> {
    let mut sockets = Vec::new();
    for _ in 0..connections {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        sockets.push(socket);
    }
    let began = Instant::now();
    let mut posting = JoinSet::new();
    for (number, socket) in sockets.into_iter().enumerate() {
        let due = Due::new(pace, number, connections, began);
        posting.spawn(post(socket, due, began + lasts, Arc::clone(requests)));
    }
    let mut turn = Turn::default();
    while let Some(ended) = posting.join_next().await {
        let part = ended??;
        turn.latencies.extend(part.latencies);
        for (status, count) in part.refused {
            *turn.refused.entry(status).or_default() += count;
        }
    }
    turn.took = began.elapsed();
    Ok(turn)
}

/// When a connection's next request is due.
struct Due {
    next: Instant,
    every: Option<Duration>,
}

impl Due {
    /// The connections take turns, so that requests come evenly.
    fn new(pace: Pace, number: usize, connections: usize, began: Instant) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let (number, connections) = (number as f64, connections as f64);
        match pace {
            Pace::Flat => Self { next: began, every: None },
            Pace::PerSecond(rate) => {
                let next = began + Duration::from_secs_f64(number / rate);
                Self { next, every: Some(Duration::from_secs_f64(connections / rate)) }
            }
        }
    }

    async fn wait(&mut self) -> Instant {
        let Some(every) = self.every else { return Instant::now() };
        let due = self.next;
        self.next += every;
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
        due
    }
}

async fn post(mut socket: TcpStream, mut due: Due, until: Instant, requests: Arc<Requests>) -> anyhow::Result<Turn> {
    let mut turn = Turn::default();
    let mut buffer = BytesMut::with_capacity(1024);
    loop {
        let asked = due.wait().await;
        if Instant::now() >= until {
            return Ok(turn);
        }
        let Some(request) = requests.take() else { return Ok(turn) };
        let answered = exchange(&mut socket, request, &mut buffer);
        let status = timeout(ANSWER_LIMIT, answered).await.context("the ingress does not answer")??;
        if status == 200 {
            turn.latencies.push(asked.elapsed());
        } else {
            *turn.refused.entry(status).or_default() += 1;
        }
    }
}

/// Sends one request and reads its answer; its status.
async fn exchange(socket: &mut TcpStream, request: &[u8], buffer: &mut BytesMut) -> anyhow::Result<u16> {
    socket.write_all(request).await?;
    loop {
        if let Some((status, length)) = answer(buffer)? {
            buffer.advance(length);
            return Ok(status);
        }
        ensure!(buffer.len() < LARGEST_ANSWER, "the answer does not end");
        let read = socket.read_buf(buffer).await?;
        ensure!(read > 0, "the connection was closed");
    }
}

/// The status of the answer at the head of `bytes`, and its length; `None` while it is not there whole.
fn answer(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = answer.parse(bytes)? else { return Ok(None) };
    let status = answer.code.context("an answer without a status")?;
    let length = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize =
        length.map_or(Ok(0), |header| std::str::from_utf8(header.value)?.trim().parse().context("length"))?;
    Ok((bytes.len() >= head + length).then_some((status, head + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_from_the_next_by_its_length() {
        let two = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 503";
        assert_eq!(answer(two).unwrap(), Some((200, two.len() - "HTTP/1.1 503".len())));
        assert_eq!(answer(&two[..two.len() - "}HTTP/1.1 503".len()]).unwrap(), None);
        assert_eq!(answer(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap().unwrap().0, 503);
    }

    #[test]
    fn requests_at_a_pace_come_evenly_over_all_connections() {
        let began = Instant::now();
        let first = |number| Due::new(Pace::PerSecond(100.0), number, 4, began).next - began;
        assert_eq!([first(0), first(1), first(3)], [0, 10, 30].map(Duration::from_millis));
        assert_eq!(Due::new(Pace::PerSecond(100.0), 0, 4, began).every, Some(Duration::from_millis(40)));
    }
}
