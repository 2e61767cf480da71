//! The consumer of queue `flow`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use shared::broker::Queue;
use shared::broker::consume::{Failure, Worker};
use shared::domain::clock;
use shared::domain::ids::ConversationId;
use shared::domain::trace::TraceParent;
use shared::events::wake::{WakeAccount, WakeConversation};
use shared::store::{StoreError, inbox, pool};
use shared::telemetry::spans::{self, Kind, Span};
use tokio::sync::Notify;

use super::catalog::Catalog;
use super::lot::{self, Done, Taken};
use super::metrics::Metrics;
use super::outcome::Course;
use super::set_aside;
use crate::context::Context;
use crate::failure;

/// Conversations that are stepped together: the more, the fewer statements for each; the fewer, the sooner each is
/// answered.
const LOT: usize = 64;
/// How often a batch looks again for what came in meanwhile; what comes after that has a wake of its own.
const MOST_LOOKS: usize = 8;

/// Steps the flows of conversations.
pub struct FlowEngine {
    context: Context,
    catalog: Catalog,
    metrics: Metrics,
    /// Told when there are calls to make.
    calls: Arc<Notify>,
}

impl FlowEngine {
    /// The worker over `context`, which tells `calls` when there are calls to make.
    pub fn new(context: Context, metrics: Metrics, calls: Arc<Notify>) -> Self {
        Self { context, catalog: Catalog::default(), metrics, calls }
    }

    /// Steps those of `woken` that nobody else steps, and those again in which something came meanwhile: whoever was
    /// turned away by then leaves it to us.
    async fn serve(&self, woken: Vec<ConversationId>) -> Result<(), StoreError> {
        let mut next = woken;
        for _ in 0..MOST_LOOKS {
            let mut held = Vec::new();
            for lot in next.chunks(LOT) {
                let done = self.step(lot).await?;
                held.extend(done.held.iter().copied());
                self.follow(done).await;
            }
            if held.is_empty() {
                return Ok(());
            }
            let mut conn = self.context.pool.acquire().await?;
            next = inbox::left(&mut conn, &held).await?;
            if next.is_empty() {
                return Ok(());
            }
        }
        self.wake_flow(next).await;
        Ok(())
    }

    async fn step(&self, lot: &[ConversationId]) -> Result<Done, StoreError> {
        let (since, began) = (clock::now(), Instant::now());
        let stepped = failure::racing(|| self.try_step(lot)).await;
        self.metrics.lots.observe(began.elapsed().as_secs_f64());
        if let Ok(done) = &stepped {
            told(done, since);
        }
        match stepped {
            Err(error) if is_its_own(&error) => self.each_alone(lot, &error).await,
            stepped => stepped,
        }
    }

    /// Rows that do not read stand in the way of their own conversation alone: a person has it, and the others of the
    /// lot are stepped one by one.
    async fn each_alone(&self, lot: &[ConversationId], error: &StoreError) -> Result<Done, StoreError> {
        if let [only] = lot {
            set_aside::set_aside(&self.context, *only, error).await?;
            self.metrics.failures.inc();
            return Ok(Done::default());
        }
        let mut all = Done::default();
        for one in lot {
            all.join(Box::pin(self.step(std::slice::from_ref(one))).await?);
        }
        Ok(all)
    }

    async fn try_step(&self, lot: &[ConversationId]) -> Result<Done, StoreError> {
        let mut transaction = self.context.pool.begin().await?;
        match lot::step(&mut transaction, &self.context.keyring, &self.catalog, lot).await {
            Ok(done) => {
                transaction.commit().await?;
                Ok(done)
            }
            Err(error) => {
                // A transaction that is only dropped keeps its locks for a while, and whoever looks again would leave
                // out the conversations that it still holds.
                transaction.rollback().await?;
                Err(error)
            }
        }
    }

    /// Counts what was done, and wakes who comes next. A wake that is lost here is found by the janitor.
    async fn follow(&self, done: Done) {
        self.count(&done);
        if done.calls {
            self.calls.notify_one();
        }
        let wakes = done.to_send.iter().map(|id| WakeAccount { account_id: *id });
        if let Err(error) = self.context.publisher().wake(Queue::Outbound, wakes).await {
            tracing::warn!(%error, "the sender was not woken");
        }
    }

    async fn wake_flow(&self, conversations: Vec<ConversationId>) {
        let wakes = conversations.into_iter().map(|conversation_id| WakeConversation { conversation_id });
        if let Err(error) = self.context.publisher().wake(Queue::Flow, wakes).await {
            tracing::warn!(%error, "what came in meanwhile waits for the janitor");
        }
    }

    fn count(&self, done: &Done) {
        for received_at in &done.answered {
            self.metrics.age.observe(*received_at);
        }
        for turn in &done.turns {
            self.metrics.turns.with_label_values(&[turn.course.as_str()]).inc();
        }
        for reason in &done.ended {
            self.metrics.ended.with_label_values(&[reason]).inc();
            if *reason == "failed" {
                self.metrics.failures.inc();
            }
        }
        self.metrics.begun.inc_by(done.begun);
        self.metrics.waits.inc_by(done.waits);
    }
}

/// Tells of each turn, under every trace that it was about.
fn told(done: &Done, since: DateTime<Utc>) {
    if !tracing::enabled!(tracing::Level::DEBUG) && !spans::are_told() {
        return;
    }
    for Taken { conversation, course, traces } in &done.turns {
        for trace in traces {
            let course = course.as_str();
            tracing::debug!(conversation.id = %conversation, trace_id = %trace, course, "stepped");
            spans::next(TraceParent::root(*trace), || Span {
                name: "step flow",
                kind: Kind::Consumer,
                began: since,
                about: vec![("conversation.id", conversation.to_string()), ("course", course.to_owned())],
                fault: (course == Course::Failed.as_str()).then_some("the flow is broken"),
            });
        }
    }
}

/// Whether an error is one of the conversation's own rows, the same every time.
const fn is_its_own(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. } | StoreError::BadTimestamp(_))
}

impl Worker for FlowEngine {
    const NAME: &'static str = "flow";
    const QUEUE: Queue = Queue::Flow;
    type Task = WakeConversation;

    async fn handle(&self, batch: &[WakeConversation]) -> Result<(), Failure> {
        let woken: BTreeSet<ConversationId> = batch.iter().map(|wake| wake.conversation_id).collect();
        self.serve(woken.into_iter().collect()).await.map_err(failure::of_store)
    }

    async fn probe(&self) -> bool {
        pool::ping(&self.context.pool).await.is_ok()
    }
}
