//! Posts what is due, again where it was not received, and counts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::{Notify, RwLock, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};

use super::packing::pack;
use super::schedule::Schedule;
use super::{Parcel, Posted, WebhookCounts};
use crate::config::Config;
use crate::lock::lock;
use crate::message::News;
use crate::platform::Platform;

/// How many POSTs are under way at once.
const MAX_CONCURRENT: usize = 128;
/// The longest wait between two attempts.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(10);

/// Takes news and sees to its delivery.
pub(crate) struct Courier {
    client: Client,
    attempts: u32,
    retry_after: Duration,
    schedule: Mutex<Schedule>,
    counts: Mutex<WebhookCounts>,
    wake: Notify,
    permits: Arc<Semaphore>,
    /// Shared by POSTs under way; a flush holds it alone, so that nothing overtakes it.
    lane: Arc<RwLock<()>>,
}

impl Courier {
    pub(crate) fn new(client: Client, config: &Config) -> Self {
        Self {
            client,
            attempts: config.attempts,
            retry_after: Duration::from_millis(config.retry_after_ms),
            schedule: Mutex::new(Schedule::new(config.pending)),
            counts: Mutex::default(),
            wake: Notify::new(),
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            lane: Arc::default(),
        }
    }

    /// Schedules `news`; what is too much is dropped and counted.
    pub(crate) fn add(&self, due: Instant, news: News) {
        let (added, is_first) = {
            let mut schedule = lock(&self.schedule);
            let is_first = schedule.next_due().is_none_or(|next| due < next);
            (schedule.add(due, news), is_first)
        };
        if !added {
            lock(&self.counts).dropped += 1;
        } else if is_first {
            self.wake.notify_one();
        }
    }

    pub(crate) fn counts(&self) -> WebhookCounts {
        WebhookCounts { pending: lock(&self.schedule).pending(), ..lock(&self.counts).clone() }
    }

    /// Forgets what was counted; what waits still waits.
    pub(crate) fn clear_counts(&self) {
        *lock(&self.counts) = WebhookCounts::default();
    }

    /// Posts `parcel` once.
    pub(crate) async fn post(&self, platform: &Platform, parcel: &Parcel) -> Posted {
        let Some(target) = platform.behaviour().webhook_target else {
            return Posted::NoTarget;
        };
        let url = format!("{}{}", target.as_str().trim_end_matches('/'), parcel.path);
        let answer = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(parcel.header, &parcel.signature)
            .body(parcel.body.clone())
            .send()
            .await;
        let posted = match answer {
            Ok(answer) => Posted::Answered(answer.status().as_u16()),
            Err(_) => Posted::NoAnswer,
        };
        lock(&self.counts).count(posted);
        posted
    }

    /// Posts what is due until the platform stops.
    pub(crate) async fn run(platform: Arc<Platform>) {
        let stop = platform.stop.clone();
        stop.run_until_cancelled(async {
            loop {
                platform.courier.wait_for_due().await;
                Self::post_due(&platform).await;
            }
        })
        .await;
    }

    /// Posts everything that waits, whenever it is due, one after another; returns when all of it
    /// was received or given up. What is accepted meanwhile is left.
    pub(crate) async fn flush(&self, platform: &Platform) {
        let _alone = self.lane.write().await;
        let end = lock(&self.schedule).next_seq();
        loop {
            let taken = lock(&self.schedule).take_before(end);
            if taken.is_empty() {
                return;
            }
            let mut all_settled = true;
            for parcel in pack(platform, taken) {
                all_settled &= self.deliver(platform, parcel).await;
            }
            if !all_settled {
                sleep(self.retry_after).await;
            }
        }
    }

    async fn wait_for_due(&self) {
        loop {
            let next = lock(&self.schedule).next_due();
            let Some(due) = next else {
                self.wake.notified().await;
                continue;
            };
            tokio::select! {
                () = sleep_until(due) => return,
                () = self.wake.notified() => {}
            }
        }
    }

    async fn post_due(platform: &Arc<Platform>) {
        let courier = &platform.courier;
        let lane = Arc::new(Arc::clone(&courier.lane).read_owned().await);
        let due = lock(&courier.schedule).take_due(Instant::now());
        for parcel in pack(platform, due) {
            let Ok(permit) = Arc::clone(&courier.permits).acquire_owned().await else {
                return;
            };
            let platform = Arc::clone(platform);
            let lane = Arc::clone(&lane);
            platform.tasks.clone().spawn(async move {
                let posting = platform.courier.deliver(&platform, parcel);
                platform.stop.run_until_cancelled(posting).await;
                drop((permit, lane));
            });
        }
    }

    /// Posts `parcel`; where it was not received, it waits for another attempt or is given up.
    /// Whether nothing remains to be done.
    async fn deliver(&self, platform: &Platform, mut parcel: Parcel) -> bool {
        let posted = self.post(platform, &parcel).await;
        parcel.attempts += 1;
        if !posted.is_settled() && parcel.attempts < self.attempts {
            let due = Instant::now() + self.backoff(platform, parcel.attempts);
            lock(&self.schedule).put_back(due, parcel);
            self.wake.notify_one();
            return false;
        }
        lock(&self.schedule).done(parcel.size);
        let mut counts = lock(&self.counts);
        if posted == Posted::NoTarget {
            counts.without_target += parcel.size as u64;
        } else if !posted.is_settled() {
            counts.given_up += 1;
        }
        true
    }

    fn backoff(&self, platform: &Platform, attempts: u32) -> Duration {
        let doubled = self.retry_after.saturating_mul(2_u32.saturating_pow(attempts - 1));
        let jitter = platform.behaviour().jitter;
        platform.chance.about(doubled.min(MAX_RETRY_AFTER), jitter)
    }
}
