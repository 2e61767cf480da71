//! The consumer of queue `media`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use shared::broker::Queue;
use shared::broker::consume::{Failure, Worker};
use shared::channels::SenderAccount;
use shared::channels::credentials::Credentials;
use shared::channels::media::{TRANSFER_LIMIT, Uploaded};
use shared::domain::account::AccountStatus;
use shared::domain::clock;
use shared::domain::ids::AccountId;
use shared::events::wake::WakeAccount;
use shared::objects::ObjectKey;
use shared::retry::Delays;
use shared::store::accounts::sender;
use shared::store::media::jobs::{self, Job, JobKind, Source};
use shared::store::media::outcome::{self, Found, Recorded};
use shared::store::{StoreError, pool};

use super::fault::{Fault, Next};
use super::fetch::Fetcher;
use super::metrics::Metrics;
use super::upload;
use crate::context::Context;
use crate::failure;
use crate::outbound::turns::Turns;

/// Files of one account on their way at once.
const CLAIM: i64 = 2;
/// How long a claim holds: longer than a transfer may take, so that no two fetchers store one file at once.
const LEASE: Duration = TRANSFER_LIMIT.saturating_add(Duration::from_mins(1));
/// How long one wake is served. What is left then is another wake's.
const SERVICE: Duration = Duration::from_mins(1);
const FIRST_DELAY: Duration = Duration::from_secs(5);
const LONGEST_DELAY: Duration = Duration::from_hours(1);
/// Attempts at what the platform keeps for days: with the longest delay, longer than it keeps it.
const MOST_FETCHES: u32 = 200;
/// Attempts at what a message waits for: about half an hour.
const MOST_WAITED_FOR: u32 = 9;
/// Attempts at what may have been bad luck.
const A_FEW: u32 = 3;

/// Fetches and uploads files.
pub struct Media {
    hands: Arc<Hands>,
    turns: Turns,
}

/// What works on one file.
struct Hands {
    context: Context,
    fetcher: Fetcher,
    metrics: Metrics,
}

/// What is left when a wake was served.
#[derive(Debug, PartialEq, Eq)]
enum Served {
    Empty,
    MoreToDo,
}

/// What came of an attempt that went well.
enum Done {
    Stored(Found),
    Uploaded(Uploaded),
}

impl Media {
    /// The worker over `context`, fetching with `fetcher`.
    pub fn new(context: Context, fetcher: Fetcher, metrics: Metrics) -> Self {
        Self { hands: Arc::new(Hands { context, fetcher, metrics }), turns: Turns::default() }
    }

    async fn serve(&self, account: AccountId) -> Result<Served, StoreError> {
        let Some(turn) = self.turns.take(account) else {
            return Ok(Served::Empty);
        };
        let until = Instant::now() + SERVICE;
        loop {
            let Some(opened) = self.hands.open(account).await? else {
                return Ok(Served::Empty);
            };
            let opened = Arc::new(opened);
            while self.do_some(account, &opened).await? {
                if Instant::now() >= until || self.hands.context.lifecycle.stopping.is_cancelled() {
                    return Ok(Served::MoreToDo);
                }
            }
            if turn.is_over() {
                return Ok(Served::Empty);
            }
        }
    }

    /// Claims and does a few jobs; whether there was anything to claim.
    async fn do_some(&self, account: AccountId, opened: &Arc<SenderAccount>) -> Result<bool, StoreError> {
        let context = &self.hands.context;
        let mut transaction = context.pool.begin().await?;
        let jobs = jobs::claim(&mut transaction, &context.keyring, account, CLAIM, LEASE).await?;
        transaction.commit().await?;
        let attempts: Vec<_> = jobs
            .into_iter()
            .map(|job| {
                let (hands, opened) = (Arc::clone(&self.hands), Arc::clone(opened));
                context.lifecycle.tasks.spawn(async move { hands.attempt(&opened, &job).await })
            })
            .collect();
        let any = !attempts.is_empty();
        for attempt in attempts {
            // A task that panicked has told so; its job stays held until the lease is over.
            attempt.await.unwrap_or(Ok(()))?;
        }
        Ok(any)
    }
}

impl Hands {
    /// The account, if it may be used.
    async fn open(&self, account: AccountId) -> Result<Option<SenderAccount>, StoreError> {
        let mut conn = self.context.pool.acquire().await?;
        let Some(sender) = sender::sender(&mut conn, &self.context.keyring, account).await? else {
            return Ok(None);
        };
        let credentials = sender.credentials.as_deref().and_then(|json| Credentials::from_json(json).ok());
        Ok(match (sender.status, credentials) {
            (AccountStatus::Active, Some(credentials)) if credentials.channel() == sender.channel => {
                Some(SenderAccount { external_id: sender.external_id, credentials })
            }
            _ => None,
        })
    }

    async fn attempt(&self, account: &SenderAccount, job: &Job) -> Result<(), StoreError> {
        let mut conn = self.context.pool.acquire().await?;
        let keys = self.context.keyring.of(&mut conn, job.merchant_id).await?;
        drop(conn);
        let started = Instant::now();
        let work = async {
            match job.kind {
                JobKind::Fetch => self.fetcher.fetch(account, job, keys).await.map(Done::Stored),
                JobKind::Upload => {
                    let Fetcher { platforms, objects, .. } = &self.fetcher;
                    upload::upload(platforms, objects, account, job, keys).await.map(Done::Uploaded)
                }
            }
        };
        let done = tokio::select! {
            // Nothing is half done: what was begun is begun anew, by whoever comes next.
            () = self.context.lifecycle.stopping.cancelled() => {
                Err(Fault::later("STOPPED", "the fetcher was stopped", Duration::ZERO))
            }
            done = tokio::time::timeout(TRANSFER_LIMIT, work) => {
                done.unwrap_or_else(|_| Err(Fault::later("UNREACHABLE", "it took too long", Duration::ZERO)))
            }
        };
        self.count(job, &done, started.elapsed());
        match done {
            Ok(Done::Stored(found)) => self.record_stored(job, &found).await?,
            Ok(Done::Uploaded(uploaded)) => self.record_uploaded(job, &uploaded).await?,
            Err(fault) => self.record_fault(job, &fault).await?,
        }
        Ok(())
    }

    async fn record_stored(&self, job: &Job, found: &Found) -> Result<(), StoreError> {
        let mut transaction = self.context.pool.begin().await?;
        let recorded = outcome::stored(&mut transaction, job, found, clock::now()).await?;
        transaction.commit().await?;
        if recorded == Recorded::Erased
            && let Err(error) = self.fetcher.objects.delete(&ObjectKey::written(&found.object_key)).await
        {
            tracing::error!(media.id = %job.media_id, %error, "a file that was erased is still in the store");
        }
        Ok(())
    }

    async fn record_uploaded(&self, job: &Job, uploaded: &Uploaded) -> Result<(), StoreError> {
        let ends_at = clock::now() + uploaded.lives;
        let mut transaction = self.context.pool.begin().await?;
        outcome::uploaded(&mut transaction, job, &uploaded.platform_id, ends_at).await?;
        transaction.commit().await?;
        self.wake_sender(job.account_id).await;
        Ok(())
    }

    async fn record_fault(&self, job: &Job, fault: &Fault) -> Result<(), StoreError> {
        let mut transaction = self.context.pool.begin().await?;
        if fault.next == Next::PauseAccount {
            sender::mark_error(&mut transaction, job.account_id, &fault.title).await?;
        }
        let why: Value = fault.to_json();
        let again = again(job, fault);
        match again {
            Some(delay) => jobs::later(&mut transaction, job, delay, &why).await?,
            None => drop(outcome::failed(&mut transaction, job, &why).await?),
        }
        transaction.commit().await?;
        tracing::info!(media.id = %job.media_id, code = fault.code, why = fault.title, again = ?again, "a file is not there");
        match again {
            Some(_) => self.metrics.retries.with_label_values(&[job.kind.as_str()]).inc(),
            None => self.wake_sender(job.account_id).await,
        }
        Ok(())
    }

    /// A wake that is lost here is found by the janitor.
    async fn wake_sender(&self, account_id: AccountId) {
        if let Err(error) = self.context.publisher().wake(Queue::Outbound, [WakeAccount { account_id }]).await {
            tracing::warn!(%error, "the sender was not woken");
        }
    }

    fn count(&self, job: &Job, done: &Result<Done, Fault>, took: Duration) {
        let kind = job.kind.as_str();
        let (outcome, bytes) = match done {
            Ok(Done::Stored(found)) => ("done", found.size),
            Ok(Done::Uploaded(_)) => ("done", job.size.unwrap_or(0)),
            Err(fault) => (fault.code, 0),
        };
        self.metrics.jobs.with_label_values(&[kind, outcome]).inc();
        self.metrics.bytes.with_label_values(&[kind]).inc_by(bytes);
        self.metrics.seconds.with_label_values(&[kind]).observe(took.as_secs_f64());
    }
}

/// When `job` is tried again after `fault`; none where it is given up.
fn again(job: &Job, fault: &Fault) -> Option<Duration> {
    let most = match (job.kind, &job.source) {
        (JobKind::Fetch, Source::Platform(_) | Source::PlatformLink(_)) => MOST_FETCHES,
        _ => MOST_WAITED_FOR,
    };
    let (least, most) = match fault.next {
        Next::Never | Next::Person => return None,
        Next::AFewTimes => (Duration::ZERO, A_FEW),
        Next::Later(least) => (least, most),
        // Nothing is claimed before the account is well again.
        Next::PauseAccount => (Duration::ZERO, u32::MAX),
    };
    let tries = usize::try_from(job.attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(20);
    let delay = Delays::new(FIRST_DELAY, LONGEST_DELAY).nth(tries)?.max(least);
    let ended = job.source_ends_at.is_some_and(|ends_at| clock::now() + delay > ends_at);
    (job.attempt < most && !ended).then_some(delay)
}

impl Worker for Media {
    const NAME: &'static str = "media";
    const QUEUE: Queue = Queue::Media;
    type Task = WakeAccount;

    async fn handle(&self, batch: &[WakeAccount]) -> Result<(), Failure> {
        for wake in batch {
            if self.serve(wake.account_id).await.map_err(failure::of_store)? == Served::MoreToDo
                && let Err(error) = self.hands.context.publisher().wake(Queue::Media, [*wake]).await
            {
                tracing::warn!(%error, "the rest of the files waits for the janitor");
            }
        }
        Ok(())
    }

    async fn probe(&self) -> bool {
        pool::ping(&self.hands.context.pool).await.is_ok()
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
