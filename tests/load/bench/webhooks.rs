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
use ::tests::load::post::{self, Connection};
use anyhow::Context;
use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::timeout;

const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Signed requests, byte for byte as they are sent; each is sent once.
#[derive(Debug)]
pub(crate) struct Requests {
    rendered: Vec<Bytes>,
    next: AtomicUsize,
}

impl Requests {
    /// Signs `bodies` and lays them out.
    pub(crate) fn render(bodies: impl IntoIterator<Item = Bytes>, signer: &Signer) -> Self {
        let rendered = bodies.into_iter().map(|body| post::request(&body, signer)).collect();
        Self { rendered, next: AtomicUsize::new(0) }
    }

    /// How many are still to be sent.
    pub(crate) fn left(&self) -> usize {
        self.rendered.len().saturating_sub(self.next.load(Ordering::Relaxed))
    }

    fn take(&self) -> Option<&Bytes> {
        self.rendered.get(self.next.fetch_add(1, Ordering::Relaxed))
    }
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
    let mut connected = Vec::new();
    for _ in 0..connections {
        connected.push(Connection::open(address).await?);
    }
    let began = Instant::now();
    let mut posting = JoinSet::new();
    for (number, connection) in connected.into_iter().enumerate() {
        let due = Due::new(pace, number, connections, began);
        posting.spawn(keep_posting(connection, due, began + lasts, Arc::clone(requests)));
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

async fn keep_posting(
    mut connection: Connection,
    mut due: Due,
    until: Instant,
    requests: Arc<Requests>,
) -> anyhow::Result<Turn> {
    let mut turn = Turn::default();
    loop {
        let asked = due.wait().await;
        if Instant::now() >= until {
            return Ok(turn);
        }
        let Some(request) = requests.take() else { return Ok(turn) };
        let answered = connection.exchange(request);
        let status = timeout(ANSWER_LIMIT, answered).await.context("the ingress does not answer")??;
        if status == 200 {
            turn.latencies.push(asked.elapsed());
        } else {
            *turn.refused.entry(status).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_at_a_pace_come_evenly_over_all_connections() {
        let began = Instant::now();
        let first = |number| Due::new(Pace::PerSecond(100.0), number, 4, began).next - began;
        assert_eq!([first(0), first(1), first(3)], [0, 10, 30].map(Duration::from_millis));
        assert_eq!(Due::new(Pace::PerSecond(100.0), 0, 4, began).every, Some(Duration::from_millis(40)));
    }
}
