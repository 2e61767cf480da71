//! Agents who answer: a steady stream of sends through the API, each asked for once.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use rand::seq::IndexedRandom;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use crate::api::{Answer, Api};

/// What was asked for and how it was answered.
#[derive(Debug, Default)]
pub(crate) struct Sends {
    /// Every intent by its reference; whether the API said that it is queued.
    pub(crate) intents: HashMap<String, bool>,
    /// Requests that met nobody.
    pub(crate) not_asked: u64,
    /// Answers that leave it open, by what they were.
    pub(crate) unknown: BTreeMap<String, u64>,
}

impl Sends {
    /// How many intents the API said are queued.
    pub(crate) fn promised(&self) -> usize {
        self.intents.values().filter(|promised| **promised).count()
    }

    fn add(&mut self, reference: String, answer: Answer) {
        match answer {
            Answer::Queued => drop(self.intents.insert(reference, true)),
            Answer::NotAsked => self.not_asked += 1,
            Answer::Unknown(how) => {
                *self.unknown.entry(how).or_default() += 1;
                self.intents.insert(reference, false);
            }
        }
    }
}

/// Asks `per_second` times a second, whatever the answers, into `conversations` until `until`.
pub(crate) async fn generate(api: &Api, conversations: &[Uuid], per_second: u32, until: Instant) -> Sends {
    let mut asking = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / per_second.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for number in 0.. {
        if ticks.tick().await >= until {
            break;
        }
        let Some(conversation) = conversations.choose(&mut rand::rng()).copied() else {
            break;
        };
        let (api, reference) = (api.clone(), format!("intent-{number}"));
        asking.spawn(async move {
            let answer = api.send(conversation, &reference).await;
            (reference, answer)
        });
    }
    let mut sends = Sends::default();
    for (reference, answer) in asking.join_all().await {
        sends.add(reference, answer);
    }
    sends
}
