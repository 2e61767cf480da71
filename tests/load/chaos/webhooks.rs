//! Customers who write: a steady stream of webhooks, each delivered as Meta does it: again and again,
//! with the same body, until it is answered 200.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use rand::Rng;
use rand::seq::IndexedRandom;
use shared::retry::Delays;
use tests::load::post::request;
use tests::load::{Connections, Line, Posted, Signer};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(10);
/// So often a webhook that was answered 200 comes once more.
const REPEATED: f64 = 0.05;
/// Customers who write for the first time at once.
const FIRST_AT_ONCE: usize = 64;
/// POSTs of the platform under way at once; past it they wait for one another, as they would there.
const UNDER_WAY: usize = 256;

/// What was delivered.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    /// Messages whose webhook was answered 200, by the platform's id.
    pub(crate) promised: HashSet<String>,
    /// Messages whose webhook never was.
    pub(crate) unanswered: HashSet<String>,
    /// Messages whose client hung up before it could be answered.
    pub(crate) hung_up: HashSet<String>,
    /// POSTs by how they ended.
    pub(crate) posts: BTreeMap<Posted, u64>,
    /// Those of them that met a time without a broker.
    pub(crate) posts_without_broker: BTreeMap<Posted, u64>,
}

impl Webhooks {
    fn add(&mut self, delivery: Delivery) {
        let answered = if delivery.promised { &mut self.promised } else { &mut self.unanswered };
        answered.insert(delivery.id);
        for (posted, without_broker) in delivery.posts {
            *self.posts.entry(posted).or_default() += 1;
            if without_broker {
                *self.posts_without_broker.entry(posted).or_default() += 1;
            }
        }
    }

    /// Adds what another stream delivered.
    pub(crate) fn join(&mut self, other: Self) {
        self.promised.extend(other.promised);
        self.unanswered.extend(other.unanswered);
        self.hung_up.extend(other.hung_up);
        for (posted, count) in other.posts {
            *self.posts.entry(posted).or_default() += count;
        }
        for (posted, count) in other.posts_without_broker {
            *self.posts_without_broker.entry(posted).or_default() += count;
        }
    }
}

struct Delivery {
    id: String,
    promised: bool,
    /// How each POST ended, and whether the broker was away at its beginning or its end.
    posts: Vec<(Posted, bool)>,
}

/// Posts signed bodies to one ingress.
#[derive(Clone)]
pub(crate) struct Poster {
    connections: Arc<Connections>,
    signer: Signer,
    without_broker: Arc<AtomicBool>,
    under_way: Arc<Semaphore>,
}

impl Poster {
    /// Posts over `connections`, signed with `secret`; `without_broker` tells when the broker is away.
    pub(crate) fn new(
        connections: Arc<Connections>,
        secret: &str,
        without_broker: Arc<AtomicBool>,
    ) -> anyhow::Result<Self> {
        let under_way = Arc::new(Semaphore::new(UNDER_WAY));
        Ok(Self { connections, signer: Signer::new(secret)?, without_broker, under_way })
    }

    /// Lets every customer write once; returns when all is delivered, or at `give_up`.
    pub(crate) async fn each_once(&self, lines: &[Line], give_up: Instant) -> Webhooks {
        let delivering = lines.iter().enumerate().map(|(number, line)| {
            let id = format!("wamid.first-{number}");
            self.clone().deliver(id, line.clone(), give_up)
        });
        let delivered = futures::stream::iter(delivering).buffer_unordered(FIRST_AT_ONCE);
        delivered
            .fold(Webhooks::default(), async |mut webhooks, delivery| {
                webhooks.add(delivery);
                webhooks
            })
            .await
    }

    /// Lets customers write `per_second` times a second, whatever the answers, until `until`; what is
    /// not delivered by then is delivered afterwards, or given up at `give_up`.
    pub(crate) async fn generate(&self, lines: &[Line], per_second: u32, until: Instant, give_up: Instant) -> Webhooks {
        self.keep_writing(per_second, until, give_up, |_| lines.choose(&mut rand::rng())).await
    }

    /// The same, with one customer after another, so that each has time between two messages.
    pub(crate) async fn in_turn(&self, lines: &[Line], per_second: u32, until: Instant, give_up: Instant) -> Webhooks {
        self.keep_writing(per_second, until, give_up, |number| lines.get(number % lines.len())).await
    }

    async fn keep_writing<'a>(
        &self,
        per_second: u32,
        until: Instant,
        give_up: Instant,
        next: impl Fn(usize) -> Option<&'a Line>,
    ) -> Webhooks {
        let mut webhooks = Webhooks::default();
        let mut delivering = JoinSet::new();
        let mut ticks = interval(Duration::from_secs(1) / per_second.max(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in 0.. {
            if ticks.tick().await >= until {
                break;
            }
            let Some(line) = next(number).cloned() else {
                break;
            };
            delivering.spawn(self.clone().deliver(format!("wamid.load-{number}"), line, give_up));
            while let Some(Ok(delivery)) = delivering.try_join_next() {
                webhooks.add(delivery);
            }
        }
        for delivery in delivering.join_all().await {
            webhooks.add(delivery);
        }
        webhooks
    }

    /// The POST in which the customer of `line` writes the message `id`.
    pub(crate) fn request(&self, line: &Line, id: &str) -> Bytes {
        request(line.says(id, &format!("message {id}")).as_bytes(), &self.signer)
    }

    async fn deliver(self, id: String, line: Line, give_up: Instant) -> Delivery {
        let request = self.request(&line, &id);
        let mut delivery = Delivery { id, promised: false, posts: Vec::new() };
        // Cut off at the deadline, it keeps the answers it has.
        let _ = timeout_at(give_up, self.until_taken(&request, &mut delivery)).await;
        delivery
    }

    async fn until_taken(&self, request: &[u8], delivery: &mut Delivery) {
        let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
        loop {
            let posted = self.post(request, delivery).await;
            delivery.promised = posted == Posted::Answered(200);
            if delivery.promised {
                break;
            }
            sleep(delays.next_delay()).await;
        }
        if rand::rng().random_bool(REPEATED) {
            self.post(request, delivery).await;
        }
    }

    async fn post(&self, request: &[u8], delivery: &mut Delivery) -> Posted {
        let _turn = self.under_way.acquire().await.ok();
        let is_away = || self.without_broker.load(Ordering::Relaxed);
        let was_away = is_away();
        let posted = self.connections.post(request).await;
        delivery.posts.push((posted, was_away || is_away()));
        posted
    }
}
