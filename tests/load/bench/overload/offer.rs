//! Clients who do not care how busy the ingress is: so many requests a second over many connections.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ::tests::load::post::{self, Connection};
use ::tests::load::{Posted, Signer};
use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

use crate::bodies::Bodies;

const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Who is hung up on comes again after this.
const RECONNECT: Duration = Duration::from_millis(100);

/// Signed requests, laid out before the clock runs and posted in turns. Each knows how often it was accepted.
#[derive(Debug)]
pub(super) struct Rounds {
    rendered: Vec<Bytes>,
    accepted: Vec<AtomicU32>,
    next: AtomicUsize,
}

impl Rounds {
    /// `count` different ones.
    pub(super) fn render(bodies: &Bodies, count: usize, signer: &Signer) -> Arc<Self> {
        let rendered: Vec<_> = (0..count).map(|_| post::request(&bodies.next(), signer)).collect();
        let accepted = rendered.iter().map(|_| AtomicU32::new(0)).collect();
        Arc::new(Self { rendered, accepted, next: AtomicUsize::new(0) })
    }

    /// How often each was accepted, by its number.
    pub(super) fn accepted(&self) -> Vec<u32> {
        self.accepted.iter().map(|count| count.load(Ordering::Relaxed)).collect()
    }
}

/// So many requests a second, over so many connections, for so long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) address: SocketAddr,
    pub(super) connections: usize,
    pub(super) per_second: f64,
    pub(super) lasts: Duration,
}

/// What became of them.
#[derive(Debug, Default)]
pub(super) struct Offered {
    /// POSTs by how they ended.
    pub(super) posts: BTreeMap<Posted, u64>,
    /// Time from each request to its answer 200.
    pub(super) accepted: Vec<Duration>,
    /// Time to its answer 503.
    pub(super) refused: Vec<Duration>,
    /// Requests that no connection had time for when they were due.
    pub(super) left_out: u64,
    pub(super) took: Duration,
}

impl Offered {
    /// Requests that were posted.
    pub(super) fn posted(&self) -> u64 {
        self.posts.values().sum()
    }

    fn join(&mut self, part: Self) {
        self.accepted.extend(part.accepted);
        self.refused.extend(part.refused);
        self.left_out += part.left_out;
        for (posted, count) in part.posts {
            *self.posts.entry(posted).or_default() += count;
        }
    }
}

/// Posts `rounds` in `shape`, whatever the answers.
pub(super) async fn offer(shape: Shape, rounds: &Arc<Rounds>) -> anyhow::Result<Offered> {
    let mut connected = Vec::new();
    for _ in 0..shape.connections {
        connected.push(Connection::open(shape.address).await?);
    }
    let began = Instant::now();
    let mut posting = JoinSet::new();
    for (number, connection) in connected.into_iter().enumerate() {
        posting.spawn(client(connection, number, shape, began, Arc::clone(rounds)));
    }
    let mut offered = Offered::default();
    while let Some(part) = posting.join_next().await {
        offered.join(part?);
    }
    offered.took = began.elapsed();
    offered.accepted.sort_unstable();
    offered.refused.sort_unstable();
    Ok(offered)
}

async fn client(connection: Connection, number: usize, shape: Shape, began: Instant, rounds: Arc<Rounds>) -> Offered {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let (number, connections) = (number as f64, shape.connections as f64);
    let every = Duration::from_secs_f64(connections / shape.per_second);
    let mut due = began + Duration::from_secs_f64(number / shape.per_second);
    let mut connection = Some(connection);
    let mut offered = Offered::default();
    while due < began + shape.lasts {
        sleep_until(due.into()).await;
        post(&mut connection, shape.address, &rounds, &mut offered).await;
        due += every;
        // A connection has one request at a time: what was due meanwhile is lost, and told.
        while due + every < Instant::now() {
            due += every;
            offered.left_out += 1;
        }
    }
    offered
}

async fn post(kept: &mut Option<Connection>, address: SocketAddr, rounds: &Rounds, offered: &mut Offered) {
    let opened = match kept.take() {
        Some(connection) => Ok(connection),
        None => Connection::open(address).await,
    };
    let Ok(mut connection) = opened else {
        *offered.posts.entry(Posted::Refused).or_default() += 1;
        return tokio::time::sleep(RECONNECT).await;
    };
    let number = rounds.next.fetch_add(1, Ordering::Relaxed) % rounds.rendered.len();
    let asked = Instant::now();
    let posted = match timeout(ANSWER_LIMIT, connection.exchange(&rounds.rendered[number])).await {
        Ok(Ok(status)) => Posted::Answered(status),
        Ok(Err(_)) => Posted::Cut,
        Err(_) => Posted::TimedOut,
    };
    *offered.posts.entry(posted).or_default() += 1;
    let Posted::Answered(status) = posted else { return };
    let took = asked.elapsed();
    if status == 200 {
        rounds.accepted[number].fetch_add(1, Ordering::Relaxed);
        offered.accepted.push(took);
    } else {
        offered.refused.push(took);
    }
    if !connection.is_over() {
        *kept = Some(connection);
    }
}
