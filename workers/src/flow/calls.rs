//! Calls to merchants' endpoints: claimed, made with nothing open, and told to their session as an event.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::broker::Queue;
use shared::domain::ids::ConversationId;
use shared::events::wake::WakeConversation;
use shared::flow::event::CallOutcome;
use shared::retry::Delays;
use shared::store::StoreError;
use shared::store::flows::calls::{self, Call};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::http::{Called, Endpoints};
use super::metrics::Metrics;
use crate::context::Context;

/// Calls of one process at a time.
const AT_ONCE: usize = 32;
/// Longer than the longest call.
const LEASE: Duration = Duration::from_mins(1);
/// Where nobody is told of a call, so often it is looked for.
const LOOK: Duration = Duration::from_secs(1);
/// A call whose endpoint is not reached is made so often.
const MOST_ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Makes calls.
#[derive(Clone)]
pub struct Caller {
    /// The connections.
    pub context: Context,
    /// What is called.
    pub endpoints: Endpoints,
    /// Where calls are counted.
    pub metrics: Metrics,
}

impl Caller {
    /// Makes the calls there are until the process stops; `told` says that there are some.
    pub async fn run(self, told: Arc<Notify>) -> anyhow::Result<()> {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let stopping = self.context.lifecycle.stopping.clone();
        loop {
            let made = match self.make(&places).await {
                Ok(made) => made,
                Err(error) => {
                    tracing::warn!(%error, "calls are not made");
                    0
                }
            };
            if made > 0 {
                continue;
            }
            tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                () = told.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Makes the calls that are due, as far as there are places, beside one another; how many. Waits for one place at
    /// least, and not for the calls.
    async fn make(&self, places: &Arc<Semaphore>) -> Result<usize, StoreError> {
        let Ok(first) = Arc::clone(places).acquire_owned().await else { return Ok(0) };
        let mut free = vec![first];
        while let Ok(place) = Arc::clone(places).try_acquire_owned() {
            free.push(place);
        }
        let claimed = self.claim(i64::try_from(free.len()).unwrap_or(1)).await?;
        let made = claimed.len();
        for (call, place) in claimed.into_iter().zip(free) {
            let caller = self.clone();
            self.context.lifecycle.tasks.spawn(async move { caller.attend(call, place).await });
        }
        Ok(made)
    }

    /// Makes what is due, and waits for it: for tests, and for whoever wants to know that all is done.
    pub async fn settle(&self) -> Result<usize, StoreError> {
        let claimed = self.claim(i64::try_from(AT_ONCE).unwrap_or(1)).await?;
        let made = claimed.len();
        for call in claimed {
            self.finish(&call).await?;
        }
        Ok(made)
    }

    async fn claim(&self, most: i64) -> Result<Vec<Call>, StoreError> {
        let mut transaction = self.context.pool.begin().await?;
        let claimed = calls::claim(&mut transaction, &self.context.keyring, most, LEASE).await?;
        transaction.commit().await?;
        Ok(claimed)
    }

    async fn attend(&self, call: Call, place: OwnedSemaphorePermit) {
        if let Err(error) = self.finish(&call).await {
            tracing::warn!(%error, "what a call brought is not kept: it is made again when its lease is over");
        }
        drop(place);
    }

    async fn finish(&self, call: &Call) -> Result<(), StoreError> {
        let began = Instant::now();
        let called = match &call.request {
            Some(_) if call.attempt > MOST_ATTEMPTS => failed("it was tried too often"),
            Some(request) => self.endpoints.call(request, &format!("{}-{}", call.session_id, call.number)).await,
            None => failed("the call does not read"),
        };
        self.metrics.call_seconds.observe(began.elapsed().as_secs_f64());
        let outcome = match called {
            Called::Done(outcome) => outcome,
            Called::Unreached(_) if call.attempt < MOST_ATTEMPTS => return self.later(call).await,
            Called::Unreached(reason) => CallOutcome::Failed { reason },
        };
        self.metrics.calls.with_label_values(&[name(&outcome)]).inc();
        let mut transaction = self.context.pool.begin().await?;
        let heard = calls::finish(&mut transaction, &self.context.keyring, call, outcome).await?;
        transaction.commit().await?;
        if let Some(conversation) = heard {
            self.wake(conversation).await;
        }
        Ok(())
    }

    async fn later(&self, call: &Call) -> Result<(), StoreError> {
        self.metrics.calls.with_label_values(&["retried"]).inc();
        let before = usize::try_from(call.attempt.saturating_sub(1)).unwrap_or(0);
        let delay = Delays::new(FIRST_PAUSE, LONGEST_PAUSE).nth(before).unwrap_or(LONGEST_PAUSE);
        let mut conn = self.context.pool.acquire().await?;
        calls::later(&mut conn, call, delay).await
    }

    async fn wake(&self, conversation_id: ConversationId) {
        if let Err(error) = self.context.publisher().wake(Queue::Flow, [WakeConversation { conversation_id }]).await {
            tracing::warn!(%error, "what a call brought waits for the janitor");
        }
    }
}

fn failed(reason: &str) -> Called {
    Called::Done(CallOutcome::Failed { reason: reason.to_owned() })
}

/// The name of an outcome in metrics.
const fn name(outcome: &CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Answered { status: 200..=299, .. } => "ok",
        CallOutcome::Answered { .. } => "refused",
        CallOutcome::Failed { .. } => "failed",
    }
}
