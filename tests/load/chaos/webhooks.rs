//! Customers who write: a steady stream of webhooks, each delivered as Meta does it: again and again,
//! with the same body, until it is answered 200.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand::Rng;
use rand::seq::IndexedRandom;
use shared::channels::http;
use shared::retry::Delays;
use tests::load::webhook::{PATH, SIGNATURE};
use tests::load::{Line, Signer};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

const CONNECT_LIMIT: Duration = Duration::from_secs(2);
const LIMIT: Duration = Duration::from_secs(10);
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// So often a webhook that was answered 200 comes once more.
const REPEATED: f64 = 0.05;

/// What was delivered.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    /// Messages whose webhook was answered 200, by the platform's id.
    pub(crate) promised: HashSet<String>,
    /// Messages whose webhook never was.
    pub(crate) unanswered: HashSet<String>,
    /// POSTs by the HTTP status of their answer; `none` where no answer came.
    pub(crate) posts: BTreeMap<String, u64>,
}

impl Webhooks {
    fn add(&mut self, delivery: Delivery) {
        let answered = if delivery.promised { &mut self.promised } else { &mut self.unanswered };
        answered.insert(delivery.id);
        for answer in delivery.answers {
            *self.posts.entry(answer).or_default() += 1;
        }
    }

    /// Adds what another stream delivered.
    pub(crate) fn join(&mut self, other: Self) {
        self.promised.extend(other.promised);
        self.unanswered.extend(other.unanswered);
        for (answer, count) in other.posts {
            *self.posts.entry(answer).or_default() += count;
        }
    }
}

struct Delivery {
    id: String,
    promised: bool,
    answers: Vec<String>,
}

/// Posts signed bodies to one ingress.
#[derive(Clone)]
pub(crate) struct Poster {
    client: reqwest::Client,
    url: Arc<str>,
    signer: Signer,
}

impl Poster {
    /// Posts to the ingress at `base`, signed with `secret`.
    pub(crate) fn new(base: &str, secret: &str) -> anyhow::Result<Self> {
        Ok(Self {
            client: http::client_with(CONNECT_LIMIT, LIMIT)?,
            url: format!("{base}{PATH}").into(),
            signer: Signer::new(secret)?,
        })
    }

    /// Lets every customer write once; returns when all is delivered, or at `give_up`.
    pub(crate) async fn each_once(&self, lines: &[Line], give_up: Instant) -> Webhooks {
        let mut delivering = JoinSet::new();
        for (number, line) in lines.iter().enumerate() {
            let id = format!("wamid.first-{number}");
            delivering.spawn(self.clone().deliver(id, line.clone(), give_up));
        }
        collect(delivering).await
    }

    /// Lets customers write `per_second` times a second, whatever the answers, until `until`; what is
    /// not delivered by then is delivered afterwards, or given up at `give_up`.
    pub(crate) async fn generate(&self, lines: &[Line], per_second: u32, until: Instant, give_up: Instant) -> Webhooks {
        let mut delivering = JoinSet::new();
        let mut ticks = interval(Duration::from_secs(1) / per_second.max(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in 0.. {
            if ticks.tick().await >= until {
                break;
            }
            let Some(line) = lines.choose(&mut rand::rng()).cloned() else {
                break;
            };
            delivering.spawn(self.clone().deliver(format!("wamid.load-{number}"), line, give_up));
        }
        collect(delivering).await
    }

    async fn deliver(self, id: String, line: Line, give_up: Instant) -> Delivery {
        let body = Bytes::from(line.says(&id, &format!("message {id}")));
        let signature = self.signer.sign(&body);
        let mut delivery = Delivery { id, promised: false, answers: Vec::new() };
        // Cut off at the deadline, it keeps the answers it has.
        let _ = timeout_at(give_up, self.until_taken(&body, &signature, &mut delivery)).await;
        delivery
    }

    async fn until_taken(&self, body: &Bytes, signature: &str, delivery: &mut Delivery) {
        let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
        loop {
            let answer = self.post(body, signature).await;
            delivery.promised = answer == "200";
            delivery.answers.push(answer);
            if delivery.promised {
                break;
            }
            sleep(delays.next_delay()).await;
        }
        if rand::rng().random_bool(REPEATED) {
            delivery.answers.push(self.post(body, signature).await);
        }
    }

    async fn post(&self, body: &Bytes, signature: &str) -> String {
        let request = self.client.post(&*self.url).header(SIGNATURE, signature).body(body.clone());
        match request.send().await {
            Ok(answer) => answer.status().as_u16().to_string(),
            Err(_) => "none".to_owned(),
        }
    }
}

async fn collect(delivering: JoinSet<Delivery>) -> Webhooks {
    let mut webhooks = Webhooks::default();
    for delivery in delivering.join_all().await {
        webhooks.add(delivery);
    }
    webhooks
}
